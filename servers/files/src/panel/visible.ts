import type { Hunk, View } from '@auroracoder/kit/wire'
import { addLines, containsLines, type LineSet, removeLines } from '../history/line-set.js'
import { shiftLine, shiftLines } from '../history/shift.js'
import type { LineRequest } from '../view/line-request.js'

/** What a client's panel shows of one revision of a file. Line numbers and columns are 1-based and inclusive. */
export interface Visible {
  /** Shown from end to end. */
  readonly lines: LineSet
  /** Parts of lines that are not shown whole. */
  readonly columns: readonly ColumnSpan[]
}

export interface ColumnSpan {
  readonly line: number
  readonly first: number
  readonly last: number
}

export const nothingVisible: Visible = { lines: [], columns: [] }

export function visibleIn({ ranges }: View): Visible {
  let visible = nothingVisible
  for (const { start, lines, columns } of ranges) {
    const part = columns
      ? { lines: [], columns: [{ line: start, first: columns[0], last: columns[1] }] }
      : { lines: [{ first: start, last: start + lines.length - 1 }], columns: [] }
    visible = merge(visible, part)
  }
  return visible
}

/** Two views of the same revision: what one shows whole, the other need not show in part. */
export function merge(one: Visible, other: Visible): Visible {
  const lines = addLines(one.lines, other.lines)
  const isNew = (span: ColumnSpan): boolean => !one.columns.some((known) => isSameSpan(known, span))
  const columns = [...one.columns, ...other.columns.filter(isNew)].filter(({ line }) => !containsLine(lines, line))
  return { lines, columns: columns.sort((a, b) => a.line - b.line || a.first - b.first || a.last - b.last) }
}

/** Whether all of the part is shown already. */
export function covers(visible: Visible, part: Visible): boolean {
  return (
    containsLines(visible.lines, part.lines) &&
    part.columns.every((span) => visible.columns.some((known) => isSameSpan(known, span)))
  )
}

/** After the hunks were shown: untouched lines under their new numbers, and the new lines of the hunks. */
export function withHunks({ lines, columns }: Visible, hunks: readonly Hunk[]): Visible {
  const kept = columns.flatMap((span) => {
    const { line, exact } = shiftLine(span.line, hunks)
    return exact ? [{ ...span, line }] : []
  })
  return merge({ lines: shiftLines(lines, hunks), columns: kept }, { lines: newLinesOf(hunks), columns: [] })
}

/** What to ask for so that a fresh view shows as much as was shown before the hunks, and the new lines of `shown`. */
export function requestsAfter(visible: Visible, hunks: readonly Hunk[], shown: readonly Hunk[] = hunks): LineRequest[] {
  // Columns of a line that was replaced are asked for where the line was: what stands there may be as long.
  const columns = visible.columns.map(({ line, first, last }) => ({ line: shiftLine(line, hunks).line, first, last }))
  const partly = columns.map(({ line }) => ({ first: line, last: line }))
  const lines = removeLines(addLines(shiftLines(visible.lines, hunks), newLinesOf(shown)), partly)
  return [
    ...lines,
    ...columns.map(({ line, first, last }): LineRequest => ({ first: line, last: line, columns: [first, last] })),
  ]
}

/** The hunks that change what is shown. */
export function hunksOn(visible: Visible, hunks: readonly Hunk[]): readonly Hunk[] {
  const shown = rangesOf(visible)
  return hunks.filter(({ oldStart, oldCount }) => {
    // Lines put in beside a shown one belong to what is shown: a file that was shown to its end is shown to its end.
    const touched =
      oldCount === 0 ? { first: oldStart - 1, last: oldStart } : { first: oldStart, last: oldStart + oldCount - 1 }
    return shown.some((range) => range.first <= touched.last && touched.first <= range.last)
  })
}

/** The hunks that change what is shown or where it stands. */
export function hunksWithin(visible: Visible, hunks: readonly Hunk[]): readonly Hunk[] {
  const last = rangesOf(visible).at(-1)?.last ?? 0
  const on = hunksOn(visible, hunks)
  return hunks.filter((hunk) => on.includes(hunk) || (hunk.lines.length !== hunk.oldCount && hunk.oldStart <= last))
}

function rangesOf({ lines, columns }: Visible): LineSet {
  return addLines(
    lines,
    columns.map(({ line }) => ({ first: line, last: line })),
  )
}

/** What is within these lines: what a client says is shown may be anything. */
export function clampedTo({ lines, columns }: Visible, texts: readonly string[]): Visible {
  const inside = lines.map(({ first, last }) => ({ first, last: Math.min(last, texts.length) }))
  const spans = columns.filter(({ line, last }) => last <= Math.max(texts[line - 1]?.length ?? 0, 1))
  return merge({ lines: addLines([], inside), columns: [] }, { lines: [], columns: spans })
}

/** How much a reader is shown, in characters. */
export function visibleChars({ lines, columns }: Visible, texts: readonly string[]): number {
  let chars = columns.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  for (const { first, last } of lines) {
    // After a restart the text may be lost, and a range reach to wherever the file ends.
    const end = Math.min(last, texts.length)
    for (let line = first; line <= end; line += 1) chars += (texts[line - 1]?.length ?? 0) + 1
  }
  return chars
}

function newLinesOf(hunks: readonly Hunk[]): LineSet {
  return hunks.map(({ newStart, lines }) => ({ first: newStart, last: newStart + lines.length - 1 }))
}

function isSameSpan(one: ColumnSpan, other: ColumnSpan): boolean {
  return one.line === other.line && one.first === other.first && one.last === other.last
}

function containsLine(lines: LineSet, line: number): boolean {
  return containsLines(lines, [{ first: line, last: line }])
}
