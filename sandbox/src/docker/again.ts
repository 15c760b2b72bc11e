import { setTimeout } from 'node:timers/promises'

export interface AgainOptions {
  /** Does it until it ends or fails by itself; `settled` says that it has come up. */
  work(settled: () => void): Promise<void>
  firstDelayMs: number
  longestDelayMs: number
  signal: AbortSignal
}

/** Does the work again whenever it has ended, after a pause that grows as long as it does not come up. Never rejects. */
export async function again({ work, firstDelayMs, longestDelayMs, signal }: AgainOptions): Promise<void> {
  let delayMs = firstDelayMs
  while (!signal.aborted) {
    // An engine that is away is the usual reason; whoever needs it is told by what they ask of it.
    await work(() => {
      delayMs = firstDelayMs
    }).catch(() => {})
    await setTimeout(delayMs, undefined, { signal, ref: false }).catch(() => {})
    delayMs = Math.min(delayMs * 2, longestDelayMs)
  }
}
