import type { Folder } from './folder.js'
import { maskOf } from './letters.js'

/** The different words of paths, each with its mask. */
export type Vocabulary = ReadonlyMap<string, number>

/** Different words that are kept. A path has few that no other has. */
const wordsMax = 50_000

export function vocabularyOf(folders: readonly Folder[]): Vocabulary {
  const known = new Map<string, number>()
  for (const { prefix, names } of folders) {
    for (const text of names.length > 0 ? [prefix, ...names] : []) {
      for (const word of wordsOf(text)) if (!known.has(word)) known.set(word, maskOf(word))
    }
    if (known.size >= wordsMax) break
  }
  return known
}

/** In lower case: runs of letters, parted where camel case does, and runs of digits. */
export function wordsOf(text: string): string[] {
  return text.match(/[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\0-\x7f]+/g)?.map((word) => word.toLowerCase()) ?? []
}
