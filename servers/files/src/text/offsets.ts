import type { Lines } from './lines.js'

/** Where things are in a text, by its lines: offsets are those of the whole text, in UTF-16 units. */

export function textLength({ texts, eols, starts }: Lines): number {
  const last = texts.length - 1
  return last < 0 ? 0 : (starts[last] ?? 0) + (texts[last]?.length ?? 0) + (eols[last]?.length ?? 0)
}

/** Index of the line that the offset lies in. */
export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * The text from `start` up to, not including, `end`. A text as a whole is only put together where nothing else will do:
 * that takes longer than everything else about a small change of a large file.
 */
export function textBetween(lines: Lines, start: number, end: number): string {
  if (start >= end) return ''
  let text = ''
  const first = lineAt(lines.starts, start)
  for (let line = first; line < lines.texts.length; line += 1) {
    const from = lines.starts[line] ?? 0
    if (from >= end) break
    const content = lines.texts[line] ?? ''
    const eolFrom = from + content.length
    text += content.slice(Math.max(start - from, 0), end - from)
    if (end > eolFrom) text += (lines.eols[line] ?? '').slice(Math.max(start - eolFrom, 0), end - eolFrom)
  }
  return text
}
