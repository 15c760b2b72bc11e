import { editDistance } from '../text/edit-distance.js'
import type { Candidate } from './fuzzy.js'

/**
 * The query with every word replaced by the most similar one that occurs in a path, for when nothing matches: the
 * mistyped "serach" becomes "search". Words that resemble nothing are left out; `undefined` when all do.
 */
export function nearestQuery(candidates: Iterable<Candidate>, query: string): string | undefined {
  const known = vocabularyOf(candidates)
  const words = wordsOf(query).flatMap((word) => nearestWord(word, known) ?? [])
  return words.length > 0 ? words.join(' ') : undefined
}

/** Different words that are compared. A path has few that no other has. */
const vocabularyMax = 50_000

function vocabularyOf(candidates: Iterable<Candidate>): ReadonlySet<string> {
  const known = new Set<string>()
  for (const { path } of candidates) {
    for (const word of wordsOf(path)) known.add(word)
    if (known.size >= vocabularyMax) break
  }
  return known
}

/** In lower case: runs of letters, parted where camel case does, and runs of digits. */
function wordsOf(text: string): string[] {
  return text.match(/[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\0-\x7f]+/g)?.map((word) => word.toLowerCase()) ?? []
}

function nearestWord(word: string, known: ReadonlySet<string>): string | undefined {
  if (known.has(word)) return word
  const distanceMax = Math.max(1, Math.floor(word.length / 3))
  let nearest: string | undefined
  let least = distanceMax + 1
  for (const other of known) {
    if (Math.abs(other.length - word.length) > distanceMax) continue
    const distance = editDistance(word, other)
    // Of equally near ones always the same, whatever order the directories were read in.
    if (distance > least || (distance === least && (nearest === undefined || nearest < other))) continue
    least = distance
    nearest = other
  }
  return nearest
}
