import { fold, maskOf } from './letters.js'

/** A query as it is compared: every word has to match, as a subsequence of the path. */
export interface Query {
  readonly words: readonly Word[]
  /** Of all words together. */
  readonly mask: number
  readonly caseSensitive: boolean
}

export interface Word {
  readonly text: string
  /** Its directories, "tools/" of "tools/read", and what comes behind them. */
  readonly head: string
  readonly rest: string
  /** How many "/" it has: it is compared with so many directories and the name. */
  readonly depth: number
}

export const queryCharsMax = 200

/** Words are divided by blanks. Case counts when the query has any upper case. */
export function queryOf(text: string): Query {
  const folded = fold(text)
  const words = text.split(/\s+/).filter((word) => word !== '')
  return { words: words.map(wordOf), mask: maskOf(fold(words.join(''))), caseSensitive: folded !== text }
}

function wordOf(text: string): Word {
  const end = text.lastIndexOf('/') + 1
  return { text, head: text.slice(0, end), rest: text.slice(end), depth: text.split('/').length - 1 }
}
