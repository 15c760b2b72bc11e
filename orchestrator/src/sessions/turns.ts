/** Runs pieces of work on the same key one after another, and on different keys side by side. */
export interface Turns {
  take<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Resolves when no work is left. */
  idle(): Promise<void>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()

  return {
    take(key, work) {
      const result = (last.get(key) ?? Promise.resolve()).then(work)
      const settled = result.then(
        () => {},
        () => {},
      )
      last.set(key, settled)
      settled.then(() => {
        if (last.get(key) === settled) last.delete(key)
      })
      return result
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values())
    },
  }
}
