import { wordStart } from './letters.js'
import { queryCharsMax } from './query.js'

export interface Searching {
  /** The path, or its end, as it is compared. */
  hay: string
  /** As it is. */
  path: string
  text: string
}

/** More than any beginning of a word, so that a run is never broken off for one. */
const runBonus = 10
/** No alignment scores higher. */
export const alignmentMax = runBonus * queryCharsMax

/** A run of matched characters that begins within a word is a weak sign: it outweighs everything else. */
const withinWord = -16_384
/** What scores higher has no such run. */
export const allInitials = withinWord / 2
const none = -(2 ** 30)

/**
 * The best way to find the characters of `text` in order: runs and beginnings of words gain, every character that is
 * skipped between them costs one. Dynamic programming, but only over the places where the wanted character stands.
 */
export function createAligner(): (searching: Searching) => number | undefined {
  let before = createRow(0)
  let here = createRow(0)

  return ({ text, hay, path }) => {
    if (hay.length > here.at.length) {
      before = createRow(hay.length)
      here = createRow(hay.length)
    }
    let start = 0
    for (let index = 0; index < text.length; index += 1) {
      const filled = before
      before = here
      here = filled
      fillRow(here, { before: index === 0 ? undefined : before, hay, path, character: text.charAt(index), start })
      if (here.length === 0) return undefined
      start = (here.at[0] ?? 0) + 1
    }
    let best = none
    for (let place = 0; place < here.length; place += 1) best = Math.max(best, here.score[place] ?? none)
    return best
  }
}

/** Where one character of the text can stand, in order, and the best score of what ends with it right there. */
interface Row {
  length: number
  at: Int32Array
  score: Int32Array
}

function createRow(room: number): Row {
  return { length: 0, at: new Int32Array(room), score: new Int32Array(room) }
}

interface Filling {
  before: Row | undefined
  hay: string
  path: string
  character: string
  start: number
}

function fillRow(row: Row, { before, hay, path, character, start }: Filling): void {
  row.length = 0
  let walked = 0
  // Of what ends before, as if nothing were skipped from the beginning on: comparable wherever it ends.
  let reached = none
  for (let at = hay.indexOf(character, start); at >= 0; at = hay.indexOf(character, at + 1)) {
    let run = none
    for (; before && walked < before.length && (before.at[walked] ?? 0) < at; walked += 1) {
      const score = before.score[walked] ?? none
      reached = Math.max(reached, score + (before.at[walked] ?? 0))
      if (before.at[walked] === at - 1) run = score + runBonus
    }
    const fresh = (before ? reached - (at - 1) : 0) + (wordStart(path, at) || withinWord)
    row.at[row.length] = at
    row.score[row.length] = Math.max(run, fresh)
    row.length += 1
  }
}

/** The first place of all that begins where a word does; `undefined` for none. */
export function firstAtWordStart({ hay, path, text }: Searching): number | undefined {
  for (let at = hay.indexOf(text); at >= 0; at = hay.indexOf(text, at + 1)) if (wordStart(path, at) > 0) return at
  return undefined
}
