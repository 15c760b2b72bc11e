/** A path prepared for comparison. */
export interface Candidate {
  readonly path: string
  /** Without case, unit by unit, so that both have the same positions. */
  readonly folded: string
  /** Which characters occur, as a set of 32 bits: what lacks one of a word cannot match it. */
  readonly mask: number
  /** Where the name begins. */
  readonly name: number
}

/** A query as it is compared: every word has to match, as a subsequence of the path. */
export interface Query {
  readonly words: readonly Word[]
  readonly caseSensitive: boolean
}

interface Word {
  readonly text: string
  readonly mask: number
  /** How many "/" it has: it is compared with so many directories and the name. */
  readonly depth: number
}

export const queryCharsMax = 200

export function candidateOf(path: string): Candidate {
  const folded = fold(path)
  return { path, folded, mask: maskOf(folded), name: path.lastIndexOf('/') + 1 }
}

/** Words are divided by blanks. Case counts when the query has any upper case. */
export function queryOf(text: string): Query {
  const folded = fold(text)
  const words = text.split(/\s+/).filter((word) => word !== '')
  return {
    caseSensitive: folded !== text,
    words: words.map((word) => ({ text: word, mask: maskOf(fold(word)), depth: word.split('/').length - 1 })),
  }
}

/**
 * The better match has the higher score; `undefined` for no match. A match that cannot reach `floor` may get any score
 * below it: that saves the work of finding out how bad it is.
 */
export type Scorer = (query: Query, candidate: Candidate, floor?: number) => number | undefined

/**
 * Kinds of match, best first. `tail` is the name with as many directories before it as the word has slashes. Within a
 * kind a finer score decides, which is always smaller than the step between two kinds.
 */
const kinds = {
  exact: 9,
  /** All but the extension. */
  stem: 8,
  prefix: 7,
  tailWordStart: 6,
  tailSubstring: 5,
  /** A subsequence of the tail of which every run begins where a word does: "gs" in "grep-search", "rF" in "readFile". */
  tailInitials: 4,
  pathWordStart: 3,
  pathSubstring: 2,
  tailScattered: 1,
  pathScattered: 0,
} as const
const kindStep = 2 ** 23

/** The scorer keeps room to work in: one for each search that runs at a time. */
export function createScorer(): Scorer {
  const align = createAligner()

  const scoreWord = ({ text, depth }: Word, candidate: Compared, floor: number): number | undefined => {
    const { hay, path } = candidate
    const tail = depth === 0 ? candidate.name : tailStart(hay, depth)
    const found = hay.indexOf(text, tail)
    if (found >= 0) return scoreInTail({ hay, path, text, tail, found })
    const anywhere = hay.indexOf(text)
    if (anywhere >= 0) {
      if (floor >= bestOf(kinds.pathWordStart)) return kinds.pathSubstring * kindStep
      const atStart = firstAtWordStart({ hay, path, text, from: anywhere }) !== undefined
      return (atStart ? kinds.pathWordStart : kinds.pathSubstring) * kindStep
    }
    const span = spanOf({ text, hay, path, from: 0 })
    if (!span || floor >= bestOf(kinds.tailInitials)) return span && 0
    const inTail = align({ text, hay, path, from: tail }, floor >= bestOf(kinds.tailScattered))
    if (inTail !== undefined) {
      return (inTail > allInitials ? kinds.tailInitials : kinds.tailScattered) * kindStep + inTail
    }
    if (floor >= bestOf(kinds.pathScattered)) return 0
    return kinds.pathScattered * kindStep + (align({ text, hay, path, from: 0 }, false) ?? 0)
  }

  return ({ words, caseSensitive }, { path, folded, mask, name }, floor = Number.NEGATIVE_INFINITY) => {
    const compared = { hay: caseSensitive ? path : folded, path, name }
    let sum = 0
    let missing = words.length
    for (const word of words) {
      if ((mask & word.mask) !== word.mask) return undefined
      missing -= 1
      // The other words cannot add more than this.
      const score = scoreWord(word, compared, floor - sum - missing * bestOf(kinds.exact))
      if (score === undefined) return undefined
      sum += score
    }
    return sum
  }
}

interface Compared {
  hay: string
  path: string
  name: number
}

interface Finding {
  hay: string
  path: string
  text: string
  tail: number
  found: number
}

/** Of equal kind, the shorter tail is nearer to what was asked for. */
function scoreInTail({ hay, path, text, tail, found }: Finding): number {
  const longer = Math.min(hay.length - tail - text.length, 1_000)
  return kindInTail({ hay, path, text, tail, found }) * kindStep - longer
}

function kindInTail({ hay, path, text, tail, found }: Finding): number {
  if (found === tail) {
    const end = tail + text.length
    if (end === hay.length) return kinds.exact
    return hay.indexOf('.', end) === end && hay.lastIndexOf('.') === end ? kinds.stem : kinds.prefix
  }
  const atStart = firstAtWordStart({ hay, path, text, from: found }) !== undefined
  return atStart ? kinds.tailWordStart : kinds.tailSubstring
}

interface Searching {
  hay: string
  path: string
  text: string
  from: number
}

function firstAtWordStart({ hay, path, text, from }: Searching): number | undefined {
  for (let at = from; at >= 0; at = hay.indexOf(text, at + 1)) if (wordStart(path, at) > 0) return at
  return undefined
}

/** Where the last `depth + 1` components begin. */
function tailStart(path: string, depth: number): number {
  let start = path.length
  for (let left = depth; left >= 0 && start > 0; left -= 1) start = path.lastIndexOf('/', start - 1)
  return Math.max(start + 1, 0)
}

/** More than any beginning of a word, so that a run is never broken off for one. */
const runBonus = 10
const fineMax = runBonus * queryCharsMax

/** No match of the kind scores higher. */
function bestOf(kind: number): number {
  return kind * kindStep + fineMax
}

/** A run of matched characters that begins within a word is a weak sign: it outweighs everything else. */
const withinWord = -16_384
const allInitials = withinWord / 2
const none = -(2 ** 30)

/**
 * The best way to find the characters of `text` in order, by dynamic programming: runs and beginnings of words gain,
 * every character that is skipped between them costs one. With `initialsOnly` the answer is only right where all runs
 * begin where words do.
 */
function createAligner(): (searching: Searching, initialsOnly: boolean) => number | undefined {
  let room = 0
  /** By position: the best score that ends with a match right there, and the best that ends there or before. */
  let ending = new Int32Array(0)
  let reached = new Int32Array(0)

  return ({ text, hay, path, from }, initialsOnly) => {
    const span = spanOf({ text, hay, path, from })
    if (!span) return undefined
    const [first, end] = span
    if (initialsOnly && firstAtWordStart({ hay, path, text: text.charAt(0), from: first }) === undefined)
      return withinWord
    if (end - first > room) {
      room = end - first
      ending = new Int32Array(room)
      reached = new Int32Array(room)
    }
    let best = none
    for (let row = 0; row < text.length; row += 1) {
      const wanted = text.charCodeAt(row)
      // Of the row before, one position back.
      let endedBefore = none
      let reachedBefore = row === 0 ? 0 : none
      let reachedHere = none
      best = none
      for (let at = first; at < end; at += 1) {
        const endedThere = ending[at - first] ?? none
        const reachedThere = reached[at - first] ?? none
        let score = none
        if (hay.charCodeAt(at) === wanted) {
          const run = endedBefore > none && row > 0 ? endedBefore + runBonus : none
          const fresh = reachedBefore > none ? reachedBefore + (wordStart(path, at) || withinWord) : none
          score = Math.max(run, fresh)
          if (score > best) best = score
        }
        reachedHere = Math.max(score, reachedHere > none ? reachedHere - 1 : none)
        ending[at - first] = score
        reached[at - first] = reachedHere
        endedBefore = endedThere
        reachedBefore = row === 0 ? 0 : reachedThere
      }
    }
    return best
  }
}

/** From the first possible match of the first character to behind the last of the last; `undefined` for no match. */
function spanOf({ text, hay, from }: Searching): readonly [number, number] | undefined {
  const first = hay.indexOf(text.charAt(0), from)
  if (first < 0) return undefined
  let at = first
  for (let row = 1; row < text.length; row += 1) {
    at = hay.indexOf(text.charAt(row), at + 1)
    if (at < 0) return undefined
  }
  return [first, hay.lastIndexOf(text.charAt(text.length - 1)) + 1]
}

/** How good a place to begin at this is: 0 within a word. */
function wordStart(path: string, at: number): number {
  if (at === 0) return 9
  const before = path.charCodeAt(at - 1)
  if (before === slashCode) return 9
  if (!isWordCode(before)) return 8
  const here = path.charCodeAt(at)
  if (isUpper(here)) return isUpper(before) && !isLower(path.charCodeAt(at + 1)) ? 0 : 7
  return isDigit(here) && !isDigit(before) ? 6 : 0
}

const slashCode = 0x2f

function isWordCode(code: number): boolean {
  return isLower(code) || isUpper(code) || isDigit(code) || code >= 0x80
}

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Lower case that never changes the number of units, nor looks at neighbours, as `toLowerCase` of a whole text does. */
function fold(text: string): string {
  const isAscii = !/[^\0-\x7f]/.test(text)
  if (isAscii) return text.toLowerCase()
  let folded = ''
  for (const character of text) {
    const lower = character.toLowerCase()
    folded += lower.length === character.length ? lower : character
  }
  return folded
}

/** a to z, the digits as one, and what paths are divided by; everything else shares a bit. */
function maskOf(folded: string): number {
  let mask = 0
  for (let at = 0; at < folded.length; at += 1) mask |= 1 << bitOf(folded.charCodeAt(at))
  return mask
}

function bitOf(code: number): number {
  if (isLower(code)) return code - 0x61
  if (isDigit(code)) return 26 + (code & 1)
  if (code === slashCode) return 28
  if (code === 0x2e) return 29
  return code === 0x2d ? 30 : 31
}
