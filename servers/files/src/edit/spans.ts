import type { TextDocument } from '../text/document.js'
import { hasFinalNewline } from '../text/document.js'
import { lineAt, textBetween, textLength } from '../text/offsets.js'
import type { Outcome } from './request.js'

/**
 * Characters `start…end` of a document's text become `text`. A last line without a line end counts as if one of
 * length 1 followed, so that lines can be added, replaced and deleted there like anywhere; `settle` takes it away.
 */
export interface Span {
  readonly start: number
  readonly end: number
  readonly text: string
  /** Orders spans of length 0 at one offset: 0 for what belongs after the line above, 1 for what belongs below. */
  readonly rank: 0 | 1
}

export interface OwnedSpan extends Span {
  /** Index of the edit that it belongs to. */
  readonly owner: number
}

/** Spans in the order of the text. Refused when two of them overlap; touching is fine. */
export function orderSpans(spans: readonly OwnedSpan[]): Outcome<OwnedSpan[]> {
  const ordered = [...spans].sort(
    (left, right) => left.start - right.start || left.end - right.end || left.rank - right.rank,
  )
  for (const [index, span] of ordered.entries()) {
    const previous = ordered[index - 1]
    if (!previous) continue
    const which = `Edits ${Math.min(previous.owner, span.owner) + 1} and ${Math.max(previous.owner, span.owner) + 1}`
    if (span.start < previous.end) return { refused: `${which} overlap. Merge them into one.` }
    const insertsTwice = span.start === previous.start && span.end === previous.end && span.rank === previous.rank
    if (insertsTwice) return { refused: `${which} insert at the same place. Merge them into one.` }
  }
  return { ok: ordered }
}

/** Spans in terms of the real text: a file whose last line does not end keeps it so. */
export function settle(document: TextDocument, ordered: readonly Span[]): Span[] {
  const { lines } = document
  const fileEnd = textLength(lines)
  const first = ordered.findIndex((span) => span.end > fileEnd)
  if (first < 0 || hasFinalNewline(document)) return [...ordered]
  const settled = ordered.slice(0, first)
  const tail = ordered.slice(first)
  const tailStart = tail[0]?.start ?? fileEnd
  const assumedEol = tailStart > fileEnd ? (lines.eols.at(-2) ?? '\n') : ''
  let start = Math.min(tailStart, fileEnd)
  let added = assumedEol + tail.map((span) => span.text).join('')
  for (let previous = settled.at(-1); added === '' && previous?.end === start; previous = settled.at(-1)) {
    settled.pop()
    start = previous.start
    added = previous.text
  }
  if (added !== '') return [...settled, { start, end: fileEnd, text: withoutLastEnd(added), rank: 1 }]
  const lineBefore = Math.max(lineAt(lines.starts, start) - 1, 0)
  const from = lines.starts[lineBefore] ?? 0
  const kept = withoutLastEnd(textBetween(lines, from, start))
  return [...settled, { start: from + kept.length, end: fileEnd, text: '', rank: 1 }]
}

/** Without the final line end, unless that ends an empty line: one that does not end would be no line at all. */
function withoutLastEnd(text: string): string {
  const shorter = text.replace(/(?:\r\n|\r|\n)$/, '')
  return shorter === '' || /[\r\n]$/.test(shorter) ? text : shorter
}
