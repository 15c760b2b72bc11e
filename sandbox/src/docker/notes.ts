export interface Notes {
  add(note: string): void
  /** What has come since it was last taken, each sentence once. */
  take(): string[]
  /** Settles with the next note, or when the time is over. */
  next(withinMs: number): Promise<void>
}

/** A sandbox that nobody asks keeps the newest. */
const notesMax = 20

/** What the tools inside cannot know of themselves, kept until somebody asks. */
export function createNotes(): Notes {
  const kept = new Set<string>()
  const waiting = new Set<() => void>()
  return {
    add(note) {
      kept.delete(note)
      kept.add(note)
      for (const oldest of kept) if (kept.size > notesMax) kept.delete(oldest)
      for (const tell of waiting) tell()
    },
    take() {
      const taken = [...kept]
      kept.clear()
      return taken
    },
    async next(withinMs) {
      await new Promise<void>((settle) => {
        const done = (): void => {
          clearTimeout(timer)
          waiting.delete(done)
          settle()
        }
        const timer = setTimeout(done, withinMs)
        waiting.add(done)
      })
    },
  }
}
