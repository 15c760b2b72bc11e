import type { Eol } from '../../text/lines.js'
import { diffSequences } from '../diff.js'

export interface OldLines {
  readonly texts: readonly string[]
  /** `''` where a line (or the last piece of one) does not end. */
  readonly eols: readonly (Eol | '')[]
  /** What a new line takes when it has no better neighbour. */
  readonly neighbour: Eol
}

/**
 * A line end for each new line: its own if the line was there before, that of the line it replaces, or that of
 * the line above it. So files with mixed line ends stay mixed exactly as they were.
 */
export function eolsFor(old: OldLines, texts: readonly string[]): Eol[] {
  const eols: Eol[] = []
  let copied = 0
  const push = (from: Eol | '' | undefined) => eols.push(from || (eols.at(-1) ?? old.neighbour))
  for (const { oldStart, oldCount, newCount } of diffSequences(old.texts, texts)) {
    for (; copied < oldStart; copied += 1) push(old.eols[copied])
    for (let index = 0; index < newCount; index += 1) {
      push(index < oldCount ? old.eols[oldStart + index] : undefined)
    }
    copied = oldStart + oldCount
  }
  for (; copied < old.texts.length; copied += 1) push(old.eols[copied])
  return eols
}
