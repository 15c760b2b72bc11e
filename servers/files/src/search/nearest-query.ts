import { editDistance } from '../text/edit-distance.js'
import { maskOf } from './letters.js'
import type { Paths } from './paths.js'
import { type Vocabulary, wordsOf } from './vocabulary.js'

/**
 * The query with every word replaced by the most similar one that occurs in a path, for when nothing matches: the
 * mistyped "serach" becomes "search". Words that resemble nothing are left out; `undefined` when all do.
 */
export function nearestQuery({ vocabulary }: Paths, query: string): string | undefined {
  const known = vocabulary()
  const words = wordsOf(query).flatMap((word) => nearestWord(word, known) ?? [])
  return words.length > 0 ? words.join(' ') : undefined
}

function nearestWord(word: string, known: Vocabulary): string | undefined {
  if (known.has(word)) return word
  const mask = maskOf(word)
  const distanceMax = Math.max(1, Math.floor(word.length / 3))
  let nearest: string | undefined
  let least = distanceMax
  for (const [other, otherMask] of known) {
    if (Math.abs(other.length - word.length) > least) continue
    // Every character that only one of them has must have been changed, added or left out.
    if (bitCount(mask & ~otherMask) > least || bitCount(otherMask & ~mask) > least) continue
    const distance = editDistance(word, other)
    // Of equally near ones always the same, whatever order the directories were read in.
    if (distance > least || (distance === least && nearest !== undefined && nearest < other)) continue
    least = distance
    nearest = other
  }
  return nearest
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
