/** Notices that a server gives no sign of life. */
export interface Silence {
  /** Aborted when it has lasted too long. */
  readonly signal: AbortSignal
  /** A sign of life. */
  broken(): void
  /** While somebody else is waited for, the server may be silent. */
  excuse<T>(work: () => Promise<T>): Promise<T>
  stop(): void
}

export function watchSilence(silenceMs: number): Silence {
  const over = new AbortController()
  let excuses = 0
  let timer = start()

  function start(): NodeJS.Timeout {
    return setTimeout(() => over.abort(new Error(`no sign of life for ${silenceMs} ms`)), silenceMs)
  }

  const broken = (): void => {
    clearTimeout(timer)
    if (excuses === 0) timer = start()
  }
  return {
    signal: over.signal,
    broken,
    async excuse(work) {
      excuses += 1
      clearTimeout(timer)
      try {
        return await work()
      } finally {
        excuses -= 1
        broken()
      }
    },
    stop: () => {
      excuses += 1
      clearTimeout(timer)
    },
  }
}
