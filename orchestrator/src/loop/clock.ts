import { setTimeout as delay } from 'node:timers/promises'

/** Time and chance, as the loop needs them. */
export interface Clock {
  now(): number
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** In `[0, 1)`. */
  random(): number
}

/** A longer timer would fire at once. */
const timerMsMax = 2 ** 31 - 1

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => delay(Math.min(ms, timerMsMax), undefined, { signal }),
  random: Math.random,
}
