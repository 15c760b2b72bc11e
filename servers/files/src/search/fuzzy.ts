import { alignmentMax, allInitials, createAligner, firstAtWordStart } from './align.js'
import type { Folder } from './folder.js'
import type { Query, Word } from './query.js'

/**
 * The better match has the higher score; `undefined` for no match. A match that cannot reach `floor` may get any score
 * below it: that saves the work of finding out how bad it is. The mask of the path must hold that of the query.
 */
export type Scorer = (folder: Folder) => (index: number, floor?: number) => number | undefined

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

/** The most that a word can come to whose characters do not stand together: within the tail, and beyond it. */
const inTailMax = kinds.tailInitials * kindStep + alignmentMax
const inPathMax = kinds.pathScattered * kindStep + alignmentMax

/**
 * Looks at every folder once, and then at names alone. For each it first finds out, cheaply, whether every word matches
 * and the most that can come to: few names are worth the work of finding out more.
 */
export function createScorer({ words, caseSensitive }: Query): Scorer {
  const align = createAligner()

  const refined = ({ word, tail, bound }: Comparing, folder: Folder, name: Name): number => {
    const { text } = word
    if (bound === inPathMax) {
      const hay = (caseSensitive ? folder.prefix : folder.foldedPrefix) + name.hay
      return kinds.pathScattered * kindStep + (align({ text, hay, path: folder.prefix + name.text }) ?? 0)
    }
    if (bound > kinds.tailWordStart * kindStep || bound <= kinds.pathWordStart * kindStep) return bound
    const inTail = { text, hay: tail.hay + name.hay, path: tail.text + name.text }
    if (bound !== inTailMax) return firstAtWordStart(inTail) === undefined ? bound - kindStep : bound
    const points = align(inTail) ?? 0
    return (points > allInitials ? kinds.tailInitials : kinds.tailScattered) * kindStep + points
  }

  return (folder) => {
    const compared = words.map((word) => comparingOf(word, folder, caseSensitive))
    const names = caseSensitive ? folder.names : folder.foldedNames
    return (index, floor = Number.NEGATIVE_INFINITY) => {
      const hay = names[index] ?? ''
      let sum = 0
      for (const comparing of compared) {
        const bound = boundOf(comparing, hay)
        if (bound === undefined) return undefined
        comparing.bound = bound
        sum += bound
      }
      for (const comparing of compared) {
        if (sum < floor) break
        sum += refined(comparing, folder, { hay, text: folder.names[index] ?? '' }) - comparing.bound
      }
      return sum
    }
  }
}

/** A part of a path: as it is compared, and as it is. */
interface Name {
  hay: string
  text: string
}

/** What of a word's comparison is the same for all files of a folder. */
interface Comparing {
  readonly word: Word
  /** The directories that belong to the tail. */
  readonly tail: Name
  /** How many characters of the word occur in order in all directories, and in those of the tail. */
  readonly reach: number
  readonly tailReach: number
  /** Whether the directories end as those of the word. */
  readonly hasHead: boolean
  /** The score where the word is a part of the directories. */
  readonly inDirectories: number | undefined
  /** The most that it comes to with the name that is being looked at. */
  bound: number
}

function comparingOf(word: Word, { prefix, foldedPrefix }: Folder, caseSensitive: boolean): Comparing {
  const { text, head, depth } = word
  const hay = caseSensitive ? prefix : foldedPrefix
  const start = tailStart(hay, depth)
  const tail = { hay: hay.slice(start), text: prefix.slice(start) }
  const atWordStart = (): boolean => firstAtWordStart({ text, hay, path: prefix }) !== undefined
  return {
    word,
    tail,
    reach: reachOf(text, hay),
    tailReach: reachOf(text, tail.hay),
    hasHead: hay.endsWith(head),
    inDirectories: hay.includes(text)
      ? (atWordStart() ? kinds.pathWordStart : kinds.pathSubstring) * kindStep
      : undefined,
    bound: 0,
  }
}

/** Where the last `depth` directories begin. */
function tailStart(prefix: string, depth: number): number {
  let start = prefix.length
  for (let left = depth; left > 0 && start > 0; left -= 1) start = prefix.lastIndexOf('/', start - 2) + 1
  return start
}

function reachOf(text: string, hay: string): number {
  let reach = 0
  for (let at = 0; at < hay.length && reach < text.length; at += 1) {
    if (hay.charCodeAt(at) === text.charCodeAt(reach)) reach += 1
  }
  return reach
}

/** What a word comes to at most; `undefined` for no match. */
function boundOf(
  { word, tail, reach, tailReach, hasHead, inDirectories }: Comparing,
  name: string,
): number | undefined {
  const { text, head, rest, depth } = word
  let left = text.length
  for (let at = name.length - 1; at >= 0 && left > 0; at -= 1) {
    if (name.charCodeAt(at) === text.charCodeAt(left - 1)) left -= 1
  }
  if (left > reach) return undefined
  const found = hasHead && left <= head.length ? name.indexOf(rest) : -1
  // Only the directories before the name can be those of a word with slashes.
  if (found === 0 || (found > 0 && depth === 0)) {
    const isStart = found === 0 && tail.hay.length === head.length
    const kind = isStart ? kindAtStart(name, rest.length) : kinds.tailWordStart
    // Of equal kind, the shorter tail is nearer to what was asked for.
    return kind * kindStep - Math.min(tail.hay.length + name.length - text.length, 1_000)
  }
  return inDirectories ?? (left <= tailReach ? inTailMax : inPathMax)
}

function kindAtStart(name: string, end: number): number {
  if (end === name.length) return kinds.exact
  return name.indexOf('.', end) === end && name.lastIndexOf('.') === end ? kinds.stem : kinds.prefix
}
