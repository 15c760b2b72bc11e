import { documentOf, eolStyle, type TextDocument } from '../text/document.js'
import { type Encoding, utf8, utf8Bom } from '../text/encoding.js'
import { joinLines, splitLines } from '../text/lines.js'
import { eolsFor } from './fit/eols.js'
import type { Outcome } from './request.js'

export interface Replaced {
  readonly document: TextDocument
  /** What of the old file's form was kept although the content did not have it. */
  readonly kept: readonly string[]
}

const byteOrderMark = '\ufeff'

/**
 * A file with this content, in the encoding and with the line ends of the file that it replaces. Content that has
 * carriage returns or a byte order mark of its own means them.
 */
export function replaceContent(old: TextDocument | undefined, content: string): Outcome<Replaced> {
  const marked = content.startsWith(byteOrderMark)
  const text = marked ? content.slice(1) : content
  const encoding = encodingFor(old?.encoding, marked)
  const landed = old && !text.includes('\r') ? withOldEols(old, text) : text
  const bytes = Buffer.concat([encoding.bom, encoding.encode(landed)])
  const document = documentOf(bytes, encoding)
  if (joinLines(document.lines) !== landed) return { refused: cannotHold(encoding, landed) }
  return { ok: { document, kept: old ? keptForms(old, { document, text, marked }) : [] } }
}

function encodingFor(old: Encoding | undefined, marked: boolean): Encoding {
  const encoding = old ?? utf8
  return encoding === utf8 && marked ? utf8Bom : encoding
}

function withOldEols(old: TextDocument, text: string): string {
  const { texts, eols } = splitLines(text)
  const neighbour = old.lines.eols[0] || '\n'
  const kept = eolsFor({ texts: old.lines.texts, eols: old.lines.eols, neighbour }, texts)
  return joinLines({ texts, eols: eols.map((eol, index) => (eol === '' ? '' : (kept[index] ?? eol))) })
}

interface Written {
  document: TextDocument
  text: string
  marked: boolean
}

function keptForms(old: TextDocument, { document, text, marked }: Written): string[] {
  const kept: string[] = []
  if (joinLines(document.lines) !== text) kept.push(`The line ends of the old file (${eolStyle(old)}) were kept.`)
  if (old.encoding !== utf8 && !marked) kept.push(`The encoding of the old file (${old.encoding.name}) was kept.`)
  return kept
}

function cannotHold(encoding: Encoding, text: string): string {
  const missing = [...text].find((character) => encoding.decode(encoding.encode(character)) !== character)
  const which = missing === undefined ? '' : `, for example ${JSON.stringify(missing)}`
  return `The encoding ${encoding.name} cannot hold all characters of the content${which}. Nothing was written. Use other characters; to write the file as UTF-8, remove it first.`
}
