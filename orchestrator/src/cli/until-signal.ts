import { once } from 'node:events'
import { exitCodes } from './exit-codes.js'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export const parentCheckMs = 500
/** npm passes a signal on to a child that got it already, as a member of its process group. */
const sameSignalMs = 500

/** Aborts at the first signal that asks the process to end; another one a moment later ends it at once. */
export function endingSignal(): AbortSignal {
  const ending = new AbortController()
  let askedAtMs = 0
  for (const signal of endingSignals) {
    process.on(signal, () => {
      if (!ending.signal.aborted) askedAtMs = performance.now()
      else if (performance.now() - askedAtMs > sameSignalMs) process.exit(exitCodes.cancelled)
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
