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

/** What a start comes to. Asked to end meanwhile, the process does at once: whatever it waits for, nothing is lost. */
export async function started<T>(starting: Promise<T>, ending: AbortSignal): Promise<T> {
  const giveUp = (): void => process.exit(exitCodes.cancelled)
  if (ending.aborted) giveUp()
  ending.addEventListener('abort', giveUp)
  try {
    return await starting
  } finally {
    ending.removeEventListener('abort', giveUp)
  }
}
