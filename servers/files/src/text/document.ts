import { createHash } from 'node:crypto'
import { type Bytes, bytesOf } from './bytes.js'
import { detectEncoding } from './detect.js'
import type { Encoding } from './encoding.js'
import { type Eol, type Lines, splitLines } from './lines.js'

/** A text file at one moment: its bytes, and what they say. */
export interface TextDocument {
  readonly bytes: Bytes
  readonly encoding: Encoding
  /** Of the text without the byte order mark, line ends as in the file. */
  readonly lines: Lines
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string
  /** How the hash begins: enough to tell the revisions of one file apart. */
  readonly revision: string
}

/** `undefined` for what is not text. */
export async function parseDocument(bytes: Buffer): Promise<TextDocument | undefined> {
  const encoding = await detectEncoding(bytes)
  return encoding && documentOf(bytes, encoding)
}

export function documentOf(bytes: Buffer, encoding: Encoding): TextDocument {
  const text = encoding.decode(bytes.subarray(encoding.bom.length))
  return assembleDocument({ bytes: bytesOf(bytes), encoding, lines: splitLines(text) })
}

/** For who knows already what the bytes say. */
export function assembleDocument(parts: Pick<TextDocument, 'bytes' | 'encoding' | 'lines'>): TextDocument {
  const hash = hashOf(parts.bytes.pieces)
  return { ...parts, hash, revision: revisionOf(hash) }
}

/** Of bytes in pieces. */
export function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

export function revisionOf(hash: string): string {
  return hash.slice(0, 8)
}

export function lineCount({ lines }: TextDocument): number {
  return lines.texts.length
}

export function hasFinalNewline({ lines }: TextDocument): boolean {
  return lines.eols.at(-1) !== '' && lines.eols.length > 0
}

/** How the file is written, beside its text: what the header of a view names. */
export function styleOf(document: TextDocument): string {
  return `${document.encoding.name} ${eolStyle(document)}`
}

export type EolStyle = 'lf' | 'crlf' | 'cr' | 'mixed' | 'none'

const styleNames: Record<Eol, EolStyle> = { '\n': 'lf', '\r\n': 'crlf', '\r': 'cr' }

export function eolStyle({ lines }: TextDocument): EolStyle {
  const kinds = new Set(lines.eols)
  kinds.delete('')
  const [only, second] = kinds
  if (!only) return 'none'
  return second ? 'mixed' : styleNames[only]
}
