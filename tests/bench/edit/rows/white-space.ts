import type { Op } from '../../sources/hunks.js'
import type { EditCase, Form, Row } from '../row.js'
import { newLinesOf, oldLinesOf, patched, replaced, type Sheet, sheetOf, textOf, withLines } from '../sheet.js'
import { mapOps, type Subject } from '../subject.js'
import { plainCase } from './place.js'

const plain = { mustRefuse: false, hinted: false }

export const dedented: Row = {
  ...plain,
  id: 'D',
  title: 'needle and new text dedented',
  build(subject) {
    const { oldLines, newLines } = subject
    const depth = commonIndentation([...oldLines, ...newLines]).length
    if (depth === 0 || hasBlankWithSpaces([...oldLines, ...newLines])) return undefined
    const cut = (lines: readonly string[]) => lines.map((line) => line.slice(depth))
    const edits = [{ at: subject.start + 1, oldLines: cut(oldLines), newLines: cut(newLines) }]
    return { ...plainCase(subject), edits, forms: formsOf(subject, (line) => line.trim() !== '') }
  },
}

export const tabFile: Row = {
  ...plain,
  id: 'E',
  title: 'tab file, space needle',
  build(subject) {
    if (hasBlankWithSpaces(subject.lines)) return undefined
    return subject.lines.some((line) => line.startsWith('\t')) ? tabbedAlready(subject) : tabbedHere(subject)
  },
}

/** Anchors alone tell nothing of how the lines between them are indented unless one of them is. */
function formsOf({ oldLines }: Subject, tells: (line: string) => boolean): readonly Form[] {
  const anchors = [oldLines[0] ?? '', oldLines.at(-1) ?? '']
  return anchors.some(tells) ? ['lines', 'text'] : ['text']
}

/** What most models write for a tab that they read. */
const modelsTabWidth = 4

function tabbedAlready(subject: Subject): EditCase | undefined {
  const indentations = [...subject.oldLines, ...subject.newLines].map(indentationOf)
  if (!indentations.every((text) => /^\t*$/.test(text)) || !subject.oldLines.some((line) => line.startsWith('\t'))) {
    return undefined
  }
  const ops = mapOps(subject.ops, (line) => line.replace(/^\t+/, (tabs) => ' '.repeat(tabs.length * modelsTabWidth)))
  const forms = formsOf(subject, (line) => line.startsWith('\t'))
  return { ...plainCase(subject), edits: [editOf(subject, ops)], forms }
}

/** A file of spaces, with tabs in their place on the disk; what is asked for still has the spaces. */
function tabbedHere(subject: Subject): EditCase | undefined {
  const width = stepOf(subject.lines)
  if (width === undefined) return undefined
  const own = [...subject.oldLines, ...subject.newLines]
  if (!own.every((line) => isWholeSteps(line, width))) return undefined
  if (!subject.oldLines.some((line) => indentationOf(line).length >= width)) return undefined
  const withTabs = (line: string) =>
    line.replace(/^ +/, ({ length }) => '\t'.repeat(Math.floor(length / width)) + ' '.repeat(length % width))
  const sheet = withLines(sheetOf(subject), withTabs)
  return {
    bytes: Buffer.from(textOf(sheet)),
    edits: [editOf(subject, subject.ops)],
    accepted: [Buffer.from(textOf(patched(sheet, { start: subject.start, ops: mapOps(subject.ops, withTabs) })))],
    forms: formsOf(subject, (line) => indentationOf(line).length >= width),
  }
}

/** Alignment to something other than a step has no one counterpart in tabs; the star of a comment has. */
function isWholeSteps(line: string, width: number): boolean {
  const rest = indentationOf(line).length % width
  return rest === 0 || (rest === 1 && line.trimStart().startsWith('*'))
}

/** The most frequent difference between a line's indentation and the next one's. */
function stepOf(lines: readonly string[]): number | undefined {
  const depths = lines.filter((line) => line.trim() !== '').map((line) => indentationOf(line).length)
  const counts = [2, 4, 8].map((width) => ({
    width,
    count: depths.filter((depth, index) => depth - (depths[index - 1] ?? depth) === width).length,
  }))
  const best = counts.reduce((most, next) => (next.count > most.count ? next : most))
  return best.count > 0 ? best.width : undefined
}

export const trailingBlanks: Row = {
  ...plain,
  id: 'F',
  title: 'trailing blanks in the file',
  build(subject, { random }) {
    const { start, oldLines } = subject
    const chosen = oldLines.filter((line) => isDecided(line, subject) && random.chance(0.5))
    if (chosen.length === 0) return undefined
    const sheet = withLines(sheetOf(subject), (line, index) => {
      const inside = index >= start && index < start + oldLines.length
      return (inside ? chosen.includes(line) : random.chance(0.05))
        ? line + random.pick([' ', '  ', '\t', '    '])
        : line
    })
    return { ...plainCase(subject), bytes: Buffer.from(textOf(sheet)), accepted: eitherWay(sheet, subject) }
  },
}

/** Whether everybody would say the same of a line of the hunk: that it is gone, or which one it has become. */
function isDecided(line: string, { oldLines, newLines, ops }: Subject): boolean {
  const once = (lines: readonly string[]) => lines.filter((other) => other.trim() === line.trim()).length === 1
  const isKept = ops.some(({ kind, text }) => kind === 'keep' && text === line)
  const isGone = newLines.every((other) => other.trim() !== line.trim())
  return line.trim() !== '' && once(oldLines) && (isGone || (isKept && once(newLines)))
}

/** Whether lines that the edit repeats unchanged stay as they were or become as they were sent is not prescribed. */
export function eitherWay(sheet: Sheet, subject: Subject): Buffer[] {
  return [patched(sheet, subject), replaced(sheet, subject)].map((right) => Buffer.from(textOf(right)))
}

function editOf({ start }: Subject, ops: readonly Op[]) {
  return { at: start + 1, oldLines: oldLinesOf(ops), newLines: newLinesOf(ops) }
}

function commonIndentation(lines: readonly string[]): string {
  const indentations = lines.filter((line) => line.trim() !== '').map(indentationOf)
  const shortest = indentations.reduce(
    (least, next) => (next.length < least.length ? next : least),
    indentations[0] ?? '',
  )
  return indentations.every((text) => text.startsWith(shortest)) ? shortest : ''
}

/** Their indentation is nobody's intention, so nobody can say what should become of it. */
function hasBlankWithSpaces(lines: readonly string[]): boolean {
  return lines.some((line) => line !== '' && line.trim() === '')
}

function indentationOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}
