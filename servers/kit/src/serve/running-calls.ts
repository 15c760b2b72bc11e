import { setTimeout as delay } from 'node:timers/promises'
import { callSettleMsMax } from '../wire/call.js'

/** The calls under way that carry a key, over all connections of one server. */
export interface RunningCalls {
  /** Runs a call, known under its key until it is over. */
  track<T>(key: string | undefined, work: () => Promise<T>): Promise<T>
  /** Settles when no call with this key is under way, at the latest after `callSettleMsMax`. */
  settled(key: string): Promise<void>
}

export function createRunningCalls(): RunningCalls {
  const running = new Map<string, Promise<unknown>>()
  return {
    async track(key, work) {
      const call = work()
      if (key === undefined) return call
      running.set(key, call)
      try {
        return await call
      } finally {
        if (running.get(key) === call) running.delete(key)
      }
    },
    async settled(key) {
      const call = running.get(key)
      if (!call) return
      const waited = new AbortController()
      const over = Promise.allSettled([call]).finally(() => waited.abort())
      await Promise.race([over, delay(callSettleMsMax, undefined, { signal: waited.signal }).catch(() => {})])
    },
  }
}
