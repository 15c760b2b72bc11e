import type { Hunk, Op } from '../sources/hunks.js'
import { newLinesOf, oldLinesOf } from './sheet.js'

/** A hunk that is fit to be an edit: of 3 to 40 lines, and its old lines stand in the file once. */
export interface Subject extends Hunk {
  /** Distinct, and the same in every run over the same sources. */
  readonly id: string
  readonly oldLines: readonly string[]
  readonly newLines: readonly string[]
}

const linesMin = 3
const linesMax = 40

export function subjectOf(hunk: Hunk, id: string): Subject | undefined {
  const oldLines = oldLinesOf(hunk.ops)
  const newLines = newLinesOf(hunk.ops)
  const sized = [oldLines, newLines].every(({ length }) => length >= linesMin && length <= linesMax)
  if (!sized || solid(oldLines) === solid(newLines)) return undefined
  if (!standsOnce(hunk.lines, oldLines)) return undefined
  return { ...hunk, id, oldLines, newLines }
}

/** Whether a block stands in a file exactly once, and nothing else there is like it but for white space. */
export function standsOnce(lines: readonly string[], block: readonly string[]): boolean {
  return countLike(lines, block) === 1 && countText(lines.join('\n'), block.join('\n')) === 1
}

/** How often the lines of a block stand in a file, white space at their ends aside. */
export function countLike(lines: readonly string[], block: readonly string[]): number {
  const wanted = block.map((line) => line.trim())
  const there = lines.map((line) => line.trim())
  let count = 0
  for (let at = 0; at + wanted.length <= there.length; at += 1) {
    if (wanted.every((line, index) => there[at + index] === line)) count += 1
  }
  return count
}

/** How often the two lines stand in the file at that distance, white space at their ends aside. */
export function countAnchors(lines: readonly string[], block: readonly string[]): number {
  const first = block.at(0)?.trim()
  const last = block.at(-1)?.trim()
  const height = block.length
  return lines.filter((line, at) => line.trim() === first && lines[at + height - 1]?.trim() === last).length
}

export function countText(text: string, part: string): number {
  let count = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) count += 1
  return count
}

/** The operations with the text of each changed. */
export function mapOps(ops: readonly Op[], change: (text: string) => string): Op[] {
  return ops.map((op) => ({ ...op, text: change(op.text) }))
}

/** What is left without white space: a change of that alone is no change of content. */
function solid(lines: readonly string[]): string {
  return lines.join('').replaceAll(/\s/g, '')
}
