import { createHash } from 'node:crypto'
import { detectEncoding } from './detect.js'
import type { Encoding } from './encoding.js'
import { type Eol, type Lines, splitLines } from './lines.js'

/** A text file at one moment: its bytes, and what they say. */
export interface TextDocument {
  readonly bytes: Uint8Array
  readonly encoding: Encoding
  /** Without the byte order mark, line ends as in the file. */
  readonly text: string
  readonly lines: Lines
  /** The text with every line end as LF, and where its lines begin: what needles are compared with. */
  readonly plain: { readonly text: string; readonly starts: readonly number[] }
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string
  /** How the hash begins: enough to tell the revisions of one file apart. */
  readonly revision: string
}

/** `undefined` for what is not text. */
export async function parseDocument(bytes: Uint8Array): Promise<TextDocument | undefined> {
  const encoding = await detectEncoding(bytes)
  return encoding && documentOf(bytes, encoding)
}

export function documentOf(bytes: Uint8Array, encoding: Encoding): TextDocument {
  const text = encoding.decode(bytes.subarray(encoding.bom.length))
  return assembleDocument({ bytes, encoding, text, lines: splitLines(text) })
}

/** For who knows already what the bytes say. */
export function assembleDocument(parts: Pick<TextDocument, 'bytes' | 'encoding' | 'text' | 'lines'>): TextDocument {
  let plain: TextDocument['plain'] | undefined
  const hash = hashOf(parts.bytes)
  return {
    ...parts,
    get plain() {
      plain ??= plainOf(parts.text, parts.lines)
      return plain
    },
    hash,
    revision: revisionOf(hash),
  }
}

function plainOf(text: string, lines: Lines): TextDocument['plain'] {
  if (!text.includes('\r')) return { text, starts: lines.starts }
  const starts: number[] = []
  let start = 0
  for (const line of lines.texts) {
    starts.push(start)
    start += line.length + 1
  }
  return { text: lines.texts.join('\n') + (lines.eols.at(-1) === '' ? '' : '\n'), starts }
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
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
