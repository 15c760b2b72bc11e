import type { Edit, Hunk, PanelChange } from '@auroracoder/kit/wire'
import { hunksBetween } from '../edit/hunks.js'
import type { Snapshot } from '../history/file-history.js'
import { hasFinalNewline, lineCount, styleOf, type TextDocument } from '../text/document.js'
import { lineCharsMax, viewOf } from '../view/view.js'
import { hunksOn, hunksWithin, requestsAfter, type Visible, visibleIn, withHunks } from './visible.js'

/** What brings a reader from one revision to the next, and what it shows of that. */
export interface Update {
  readonly change: Pick<PanelChange, 'edit' | 'view'>
  readonly visible: Visible
}

export interface UpdateOptions {
  readonly path: string
  /** What was shown last, and how much of it. */
  readonly known: Snapshot
  readonly visible: Visible
  /** What has changed since; worked out when absent. */
  readonly hunks?: readonly Hunk[]
  /** Leaves out hunks that change nothing of what is shown. */
  readonly onlyVisible: boolean
  readonly charsMax: number
}

/** Hunks of so many characters are shown, even where a fresh view would be shorter: they say what changed. */
const smallHunksChars = 2_000
/** Of a hunk, beside its lines. */
const hunkFrameChars = 80
const lineFrameChars = 8

/** The lines that changed, or a fresh view where that is shorter or says what hunks cannot say. */
export function updateOf(document: TextDocument, options: UpdateOptions): Update {
  const { path, known, visible, charsMax } = options
  const hunks = options.hunks ?? hunksBetween(known.texts, document.lines.texts)
  // An empty file is shown whole without a line.
  const onlyVisible = options.onlyVisible && known.texts.length > 0
  const told = onlyVisible ? hunksToTell(hunks, visible) : hunks
  const cost = charsOf(told)
  const isEdit = cost <= charsMax && !told.some(hasLongLine) && !changesStyle(known.style, styleOf(document))
  const edited = { change: { edit: editBetween(known, document, told) }, visible: withHunks(visible, told) }
  if (isEdit && cost <= smallHunksChars) return edited
  const shown = onlyVisible ? hunksOn(visible, told) : told
  const { view, chars } = viewOf(document, { path, requests: requestsAfter(visible, hunks, shown), charsMax })
  return isEdit && cost <= chars ? edited : { change: { view }, visible: visibleIn(view) }
}

export function editBetween(before: Pick<Snapshot, 'revision'>, after: TextDocument, hunks: readonly Hunk[]): Edit {
  return {
    oldRevision: before.revision,
    newRevision: after.revision,
    lineCount: lineCount(after),
    finalNewline: hasFinalNewline(after),
    hunks: [...hunks],
  }
}

function hunksToTell(hunks: readonly Hunk[], visible: Visible): readonly Hunk[] {
  const told = hunksWithin(visible, hunks)
  // Hunks imply what numbers the lines after them have: that must hold to the end of the file.
  const isComplete = growthOf(told) === 0 || growthOf(told) === growthOf(hunks)
  return isComplete ? told : hunks
}

function growthOf(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { lines, oldCount }) => sum + lines.length - oldCount, 0)
}

function charsOf(hunks: readonly Hunk[]): number {
  return hunks.reduce(
    (sum, { lines }) => lines.reduce((chars, line) => chars + line.length + lineFrameChars, sum + hunkFrameChars),
    0,
  )
}

function hasLongLine({ lines }: Hunk): boolean {
  return lines.some((line) => line.length > lineCharsMax)
}

/** The header of a view names encoding and line ends; hunks do not. A file without line ends says nothing about them. */
function changesStyle(before: string, after: string): boolean {
  return before !== after && !before.endsWith(' none') && !after.endsWith(' none')
}
