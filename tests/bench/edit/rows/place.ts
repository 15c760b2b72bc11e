import type { EditCase, Row } from '../row.js'
import { patched, sheetOf, textOf, withInserted } from '../sheet.js'
import { countAnchors, countLike, countText, type Subject } from '../subject.js'

/** A hunk as it is: the file, the edit and the file that comes of it. */
export function plainCase(subject: Subject): EditCase {
  const sheet = sheetOf(subject)
  return {
    bytes: Buffer.from(textOf(sheet)),
    edits: [{ at: subject.start + 1, oldLines: subject.oldLines, newLines: subject.newLines }],
    accepted: [Buffer.from(textOf(patched(sheet, subject)))],
  }
}

const plain = { mustRefuse: false, hinted: false }

export const exact: Row = { ...plain, id: 'A', title: 'exact', build: plainCase }

export const hintOffBy7: Row = { ...plain, id: 'B', title: 'hint off by 7', hinted: true, build: hintOffBy(7) }

export const hintOffBy120: Row = { ...plain, id: 'C', title: 'hint off by 120', hinted: true, build: hintOffBy(120) }

/** Anchors that stand at several places cannot make up for a wrong number: such a hunk is asked for by text alone. */
function hintOffBy(distance: number): Row['build'] {
  return (subject, { random }) => {
    const { edits, ...rest } = plainCase(subject)
    const up = random.chance(0.5) && subject.start >= distance
    const shifted = edits.map((edit) => ({ ...edit, believedAt: edit.at + (up ? -distance : distance) }))
    const forms =
      countAnchors(subject.lines, subject.oldLines) === 1 ? (['lines', 'text'] as const) : (['text'] as const)
    return { ...rest, edits: shifted, forms }
  }
}

export const duplicateWithHint: Row = {
  id: 'K',
  title: 'duplicate block, right hint',
  mustRefuse: false,
  hinted: true,
  build: duplicated,
}

export const duplicateWithoutHint: Row = {
  id: 'L',
  title: 'duplicate block, no hint',
  mustRefuse: true,
  hinted: false,
  build(subject, context) {
    const made = duplicated(subject, context)
    return made && { ...made, accepted: [], forms: ['text'] }
  },
}

const distanceMin = 10

/** The hunk's old lines a second time, well apart, above or below. */
function duplicated(subject: Subject, { random }: Parameters<Row['build']>[1]): EditCase | undefined {
  const { lines, oldLines, start } = subject
  const end = start + oldLines.length
  const spots = [...lines.keys()].filter((at) => at <= start - distanceMin || at >= end + distanceMin)
  if (spots.length === 0) return undefined
  const at = random.pick(spots)
  const sheet = withInserted(sheetOf(subject), { at, fresh: oldLines })
  const now = at <= start ? start + oldLines.length : start
  const twice = countLike(sheet.lines, oldLines) === 2 && countText(sheet.lines.join('\n'), oldLines.join('\n')) === 2
  if (!twice) return undefined
  return {
    bytes: Buffer.from(textOf(sheet)),
    edits: [{ at: now + 1, oldLines, newLines: subject.newLines }],
    accepted: [Buffer.from(textOf(patched(sheet, { start: now, ops: subject.ops })))],
  }
}

export const twoEdits: Row = {
  ...plain,
  id: 'N',
  title: 'batch of two edits',
  build(subject, { random, siblings }) {
    if (siblings.length === 0) return undefined
    const both = [subject, random.pick(siblings)]
    // From the bottom: the upper hunk's numbers stay what they are.
    const upwards = [...both].sort((one, other) => other.start - one.start)
    const sheet = upwards.reduce(patched, sheetOf(subject))
    return {
      bytes: Buffer.from(textOf(sheetOf(subject))),
      edits: both.map(({ start, oldLines, newLines }) => ({ at: start + 1, oldLines, newLines })),
      accepted: [Buffer.from(textOf(sheet))],
    }
  },
}
