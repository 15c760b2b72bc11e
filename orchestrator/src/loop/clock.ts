import { setTimeout as delay } from 'node:timers/promises'

/** Time and chance, as the loop needs them. */
export interface Clock {
  now(): number
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** In `[0, 1)`. */
  random(): number
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  random: Math.random,
}
