/** Keeps the order of calls that arrive at once for one session: each begins when the one before has been answered. */
export interface Turns {
  /** Resolves with what ends the turn. Rejects when the call is cancelled before its turn comes. */
  take(key: string, signal: AbortSignal): Promise<() => void>
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>()
  return {
    async take(key, signal) {
      const before = last.get(key)
      let end = (): void => {}
      const mine = new Promise<void>((resolve) => {
        end = resolve
      })
      const turn = (before ?? Promise.resolve()).then(() => mine)
      last.set(key, turn)
      void turn.then(() => {
        if (last.get(key) === turn) last.delete(key)
      })
      try {
        await before
        signal.throwIfAborted()
        return end
      } catch (error) {
        end()
        throw error
      }
    },
  }
}
