import { type Bytes, bytesInPieces } from '../text/bytes.js'
import { assembleDocument, type TextDocument } from '../text/document.js'
import { type Encoding, utf8 } from '../text/encoding.js'
import { joinLines, type Lines, spliceLines, splitLines } from '../text/lines.js'
import { lineAt, textBetween, textLength } from '../text/offsets.js'
import type { Outcome } from './request.js'
import type { Span } from './spans.js'

/**
 * The document with the spans (in order, not overlapping) replaced. Bytes outside them are copied, never encoded
 * anew, and what was written is read back: text that the encoding cannot hold is refused.
 */
export function compose(document: TextDocument, spans: readonly Span[]): Outcome<TextDocument> {
  if (joinsLineEnds(document.lines, spans)) return { refused: joinedLineEnds }
  const composed = {
    bytes: composedBytes(document, spans),
    encoding: document.encoding,
    lines: composedLines(document.lines, spans),
  }
  if (!saysIts(composed, { document, spans })) return { refused: unwritable(document, spans) }
  if (spans.some(({ text }) => text.includes('\0'))) return { refused: noText }
  if (beginsWithNewMark(composed)) return { refused: newMark }
  return { ok: assembleDocument(composed) }
}

interface Composed {
  bytes: Bytes
  encoding: Encoding
  lines: Lines
}

interface Origin {
  document: TextDocument
  spans: readonly Span[]
}

function composedBytes(document: TextDocument, spans: readonly Span[]): Bytes {
  const { bytes, encoding } = document
  const offsetOf = byteOffsets(document)
  const parts: Uint8Array[] = []
  let copied = 0
  for (const span of spans) {
    parts.push(...bytes.cut(copied, offsetOf(span.start)), encoding.encode(span.text))
    copied = offsetOf(span.end)
  }
  parts.push(...bytes.cut(copied))
  return bytesInPieces(parts)
}

/** Whether the bytes, read back, are the text. Where texts can be encoded apart, what was added tells. */
function saysIts({ bytes, encoding, lines }: Composed, { document, spans }: Origin): boolean {
  if (!encoding.concatenates) return encoding.decode(bytes.whole().subarray(encoding.bom.length)) === joinLines(lines)
  return spans.every(
    (span) =>
      !splitsPair(document.lines, span.start) &&
      !splitsPair(document.lines, span.end) &&
      encoding.decode(encoding.encode(span.text)) === span.text,
  )
}

/** Between the halves of a character beyond U+FFFF. */
function splitsPair(lines: Lines, offset: number): boolean {
  const code = textBetween(lines, offset, offset + 1).charCodeAt(0)
  return code >= 0xdc00 && code <= 0xdfff
}

function composedLines(lines: Lines, spans: readonly Span[]): Lines {
  const [from] = spans
  const to = spans.at(-1)
  if (!from || !to || lines.texts.length === 0) return splitLines(spans.map(({ text }) => text).join(''))
  const first = lineAt(lines.starts, from.start)
  const end = lineAt(lines.starts, to.end) + 1
  let text = ''
  let copied = lines.starts[first] ?? 0
  for (const span of spans) {
    text += textBetween(lines, copied, span.start) + span.text
    copied = span.end
  }
  text += textBetween(lines, copied, lines.starts[end] ?? textLength(lines))
  return spliceLines(lines, { first, end, text })
}

/** Only what the next reader of the bytes finds as well may be shown of them. */
function beginsWithNewMark({ encoding, lines }: Composed): boolean {
  return encoding.bom.length === 0 && lines.texts[0]?.startsWith('\ufeff') === true
}

const noText =
  'new_text holds a NUL character, and a file with one is not text: it could neither be shown nor edited any more.'
const newMark =
  'After this edit the file would begin with U+FEFF, an invisible character that means a byte order mark there and would no longer be part of the text. Leave it out of new_text, or replace the line that begins with it as well; write_file can write a file with such a mark.'

export const joinedLineEnds =
  'The file ends some lines with a carriage return alone. After this edit one would stand before a line feed, and two lines would become one. Give both lines the same line end first.'

/** Whether a carriage return and a line feed that were apart come to stand together. */
function joinsLineEnds(lines: Lines, spans: readonly Span[]): boolean {
  let before = ''
  let copied = 0
  const follows = (edges: readonly string[]): boolean =>
    edges.some((edge) => {
      const joins = edge.startsWith('\n') && before.endsWith('\r')
      if (edge !== '') before = edge
      return joins
    })
  for (const span of spans) {
    if (follows([...edgesBetween(lines, copied, span.start), span.text])) return true
    copied = span.end
  }
  return follows(edgesBetween(lines, copied, textLength(lines)))
}

/** First and last character of what is kept, or the little that there is. */
function edgesBetween(lines: Lines, start: number, end: number): string[] {
  if (end - start <= 2) return [textBetween(lines, start, end)]
  return [textBetween(lines, start, start + 1), 'kept', textBetween(lines, end - 1, end)]
}

/** Offset in bytes of an offset in the text. To be called with rising offsets. */
function byteOffsets({ bytes, encoding, lines }: TextDocument): (offset: number) => number {
  const bom = encoding.bom.length
  if (encoding === utf8 && bytes.length === textLength(lines)) return (offset) => offset
  let textDone = 0
  let bytesDone = bom
  return (offset) => {
    bytesDone += encoding.encode(textBetween(lines, textDone, offset)).length
    textDone = offset
    return bytesDone
  }
}

function unwritable({ encoding }: TextDocument, spans: readonly Span[]): string {
  const written = [...new Set(spans.flatMap(({ text }) => [...text]))]
  const missing = written.filter((character) => encoding.decode(encoding.encode(character)) !== character)
  const which =
    missing.length > 0
      ? ` (${missing
          .slice(0, 5)
          .map((text) => JSON.stringify(text))
          .join(', ')})`
      : ''
  return `The file is in ${encoding.name}, which cannot hold characters of new_text${which}. Use others, or convert the file first.`
}
