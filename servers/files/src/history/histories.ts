import type { FileHistory } from './file-history.js'

/** What every conversation has seen of every file. Keys of files are real paths. */
export interface Histories {
  get(conversation: string, path: string): FileHistory | undefined
  set(conversation: string, path: string, history: FileHistory): void
}

/** Characters of remembered lines; beyond it, the files that were used longest ago are forgotten. */
const rememberedCharsMax = 64_000_000

interface Entry {
  readonly history: FileHistory
  readonly chars: number
}

export function createHistories(charsMax = rememberedCharsMax): Histories {
  // A Map keeps the order of insertion: the first entry is the one that was used longest ago.
  const entries = new Map<string, Entry>()
  let chars = 0

  const remove = (key: string): void => {
    chars -= entries.get(key)?.chars ?? 0
    entries.delete(key)
  }

  return {
    get(conversation, path) {
      return entries.get(keyOf(conversation, path))?.history
    },
    set(conversation, path, history) {
      const key = keyOf(conversation, path)
      remove(key)
      const entry = { history, chars: sizeOf(history) }
      entries.set(key, entry)
      chars += entry.chars
      for (const oldest of entries.keys()) {
        if (chars <= charsMax || oldest === key) break
        remove(oldest)
      }
    },
  }
}

function keyOf(conversation: string, path: string): string {
  return `${conversation}\0${path}`
}

function sizeOf({ snapshots }: FileHistory): number {
  return snapshots.reduce((sum, { chars }) => sum + chars, 0)
}
