import type { Hunk } from '@auroracoder/kit/wire'
import { addLines, type LineSet } from './line-set.js'

/** Where a line (1-based) of the old text is in the new one. */
export interface Shifted {
  readonly line: number
  /** False when the line itself was replaced or deleted: `line` is then where it was. */
  readonly exact: boolean
}

export function shiftLine(line: number, hunks: readonly Hunk[]): Shifted {
  let delta = 0
  for (const hunk of hunks) {
    if (line < hunk.oldStart) break
    if (line < hunk.oldStart + hunk.oldCount) {
      const within = Math.min(line - hunk.oldStart, Math.max(hunk.lines.length - 1, 0))
      return { line: hunk.newStart + within, exact: false }
    }
    delta += hunk.lines.length - hunk.oldCount
  }
  return { line: line + delta, exact: true }
}

/** The lines of a set that are still there, by their new numbers. */
export function shiftLines(set: LineSet, hunks: readonly Hunk[]): LineSet {
  let kept: LineSet = []
  let from = 1
  let delta = 0
  for (const hunk of [...hunks, { oldStart: Number.MAX_SAFE_INTEGER, oldCount: 0, lines: [] }]) {
    kept = addLines(kept, cut(set, { from, to: hunk.oldStart - 1, delta }))
    from = hunk.oldStart + hunk.oldCount
    delta += hunk.lines.length - hunk.oldCount
  }
  return kept
}

interface Window {
  from: number
  to: number
  delta: number
}

function cut(set: LineSet, { from, to, delta }: Window): LineSet {
  return set
    .map(({ first, last }) => ({ first: Math.max(first, from) + delta, last: Math.min(last, to) + delta }))
    .filter(({ first, last }) => first <= last)
}
