import { once } from 'node:events'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export const parentCheckMs = 500

/** Aborts at the first signal that asks the process to end; a second one ends it at once. */
export function endingSignal(): AbortSignal {
  const ending = new AbortController()
  for (const signal of endingSignals) {
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(130)
      ending.abort(signal)
    })
  }
  return ending.signal
}

/** Also aborts when the parent dies: a service that npm started must not outlive it. */
export function endWithParent(ending: AbortSignal): AbortSignal {
  const orphaned = new AbortController()
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) orphaned.abort('the parent process died')
  }, parentCheckMs)
  timer.unref()
  return AbortSignal.any([ending, orphaned.signal])
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
