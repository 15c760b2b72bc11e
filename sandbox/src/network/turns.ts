export interface Turn<T> {
  work: () => Promise<T>
  /** Ends the waiting, not the work. */
  signal: AbortSignal
}

/** Lets only so many works run at a time; the others wait, first come first served. */
export function createTurns(runningMax: number): <T>(turn: Turn<T>) => Promise<T> {
  const waiting = new Set<() => void>()
  let running = 0

  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.delete(start)
        reject(signal.reason)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      waiting.add(start)
    })

  /** The turn passes on without becoming free in between. */
  const passOn = (): void => {
    const [next] = waiting
    if (next === undefined) {
      running -= 1
      return
    }
    waiting.delete(next)
    next()
  }

  return async ({ work, signal }) => {
    signal.throwIfAborted()
    if (running < runningMax) running += 1
    else await wait(signal)
    try {
      return await work()
    } finally {
      passOn()
    }
  }
}
