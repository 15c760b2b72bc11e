import type { Hunk, PanelChange } from '@auroracoder/kit/wire'
import { hunksBetween } from '../edit/hunks.js'
import type { Snapshot } from '../history/file-history.js'
import type { LineSet } from '../history/line-set.js'
import { hasFinalNewline, lineCount, type TextDocument } from '../text/document.js'
import { viewOf } from './view.js'

export interface CurrentStateOptions {
  readonly path: string
  /** What the model knows of the file; absent for nothing. */
  readonly known: Snapshot | undefined
  readonly charsMax: number
}

/** What brings the model up to date: the lines changed since it looked, or a view when that says more. */
export function currentState(
  document: TextDocument,
  { path, known, charsMax }: CurrentStateOptions,
): { change: PanelChange; shown: LineSet } {
  const hunks = known ? hunksBetween(known.texts, document.lines.texts) : []
  if (!known || charsOf(hunks) > charsMax) {
    const { view, lines } = viewOf(document, { path, charsMax })
    return { change: { kind: 'opened', key: path, view }, shown: lines }
  }
  const edit = {
    oldRevision: known.revision,
    newRevision: document.revision,
    lineCount: lineCount(document),
    finalNewline: hasFinalNewline(document),
    hunks,
  }
  return { change: { kind: 'drifted', key: path, edit }, shown: linesOf(hunks) }
}

/** The new lines of the hunks. */
export function linesOf(hunks: readonly Hunk[]): LineSet {
  return hunks.map(({ newStart, lines }) => ({ first: newStart, last: newStart + lines.length - 1 }))
}

function charsOf(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { lines }) => lines.reduce((chars, line) => chars + line.length + 8, sum + 80), 0)
}
