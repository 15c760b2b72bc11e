import { assembleDocument, type TextDocument } from '../text/document.js'
import { type Encoding, utf8 } from '../text/encoding.js'
import { type Lines, spliceLines, splitLines } from '../text/lines.js'
import { lineAt } from './find/haystack.js'
import type { Outcome } from './request.js'
import type { Span } from './spans.js'

/**
 * The document with the spans (in order, not overlapping) replaced. Bytes outside them are copied, never encoded
 * anew, and what was written is read back: text that the encoding cannot hold is refused.
 */
export function compose(document: TextDocument, spans: readonly Span[]): Outcome<TextDocument> {
  const { bytes, encoding, text } = document
  const offsetOf = byteOffsets(document)
  const parts: Uint8Array[] = []
  const texts: string[] = []
  let copiedBytes = 0
  let copiedText = 0
  for (const span of spans) {
    const start = offsetOf(span.start)
    parts.push(bytes.subarray(copiedBytes, start), encoding.encode(span.text))
    texts.push(text.slice(copiedText, span.start), span.text)
    copiedBytes = offsetOf(span.end)
    copiedText = span.end
  }
  parts.push(bytes.subarray(copiedBytes))
  texts.push(text.slice(copiedText))
  if (joinsLineEnds(texts)) return { refused: joinedLineEnds }
  const composed = { bytes: Buffer.concat(parts), encoding, text: texts.join('') }
  if (!saysIts(composed, { document, spans })) return { refused: unwritable(document, spans) }
  return { ok: assembleDocument({ ...composed, lines: composedLines(document, spans, composed.text) }) }
}

interface Composed {
  bytes: Uint8Array
  encoding: Encoding
  text: string
}

interface Origin {
  document: TextDocument
  spans: readonly Span[]
}

/** Whether the bytes, read back, are the text. Where texts can be encoded apart, what was added tells. */
function saysIts({ bytes, encoding, text }: Composed, { document, spans }: Origin): boolean {
  if (!encoding.concatenates) return encoding.decode(bytes.subarray(encoding.bom.length)) === text
  return spans.every(
    (span) =>
      !splitsPair(document.text, span.start) &&
      !splitsPair(document.text, span.end) &&
      encoding.decode(encoding.encode(span.text)) === span.text,
  )
}

/** Between the halves of a character beyond U+FFFF. */
function splitsPair(text: string, offset: number): boolean {
  const code = text.charCodeAt(offset)
  return code >= 0xdc00 && code <= 0xdfff
}

function composedLines({ lines, text }: TextDocument, spans: readonly Span[], composed: string): Lines {
  const [from] = spans
  const to = spans.at(-1)
  if (!from || !to || lines.texts.length === 0) return splitLines(composed)
  const first = lineAt(lines.starts, from.start)
  const end = lineAt(lines.starts, to.end) + 1
  const untouched = text.length - (lines.starts[end] ?? text.length)
  return spliceLines(lines, { first, end, text: composed.slice(lines.starts[first], composed.length - untouched) })
}

export const joinedLineEnds =
  'The file ends some lines with a carriage return alone. After this edit one would stand before a line feed, and two lines would become one. Give both lines the same line end first.'

/** Whether a carriage return and a line feed that were apart come to stand together. */
function joinsLineEnds(texts: readonly string[]): boolean {
  const parts = texts.filter((text) => text !== '')
  return parts.some((text, index) => text.startsWith('\n') && parts[index - 1]?.endsWith('\r') === true)
}

/** Offset in bytes of an offset in the text. To be called with rising offsets. */
function byteOffsets({ bytes, encoding, text }: TextDocument): (offset: number) => number {
  const bom = encoding.bom.length
  if (encoding === utf8 && bytes.length === text.length) return (offset) => offset
  let textDone = 0
  let bytesDone = bom
  return (offset) => {
    bytesDone += encoding.encode(text.slice(textDone, offset)).length
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
