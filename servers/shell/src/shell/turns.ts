import { Failure } from '@auroracoder/kit'

/** Keeps the order of calls that arrive at once for one session: each begins when the one before has been answered. */
export interface Turns {
  /** Resolves with what ends the turn. Throws `Failure` as soon as the call is cancelled before its turn comes. */
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
      await Promise.race([before, abortionOf(signal)])
      if (!signal.aborted) return end
      end()
      throw new Failure('The call was cancelled before its turn in the session came: nothing was run.')
    },
  }
}

function abortionOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
