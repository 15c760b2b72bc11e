/** Wrong tokens from one address within a window, before they are answered with 429 instead of 401. */
export const failuresMax = 20
export const failureWindowMs = 60_000
/** Addresses remembered at a time; the oldest are forgotten. */
const addressesMax = 1_000

/**
 * Slows guessing and keeps it out of the log. A right token is never refused: tokens are too long to be guessed, and
 * on a shared address (loopback) one misconfigured program would lock everybody out.
 */
export interface FailureLimit {
  /** Counts a failure; the milliseconds to wait when there were too many. */
  fail(address: string): number | undefined
}

export function createFailureLimit(now: () => number): FailureLimit {
  const failures = new Map<string, { count: number; until: number }>()

  return {
    fail(address) {
      const time = now()
      const known = failures.get(address)
      const entry = known !== undefined && time < known.until ? known : { count: 0, until: time + failureWindowMs }
      entry.count += 1
      failures.delete(address)
      failures.set(address, entry)
      const oldest = failures.keys().next().value
      if (failures.size > addressesMax && oldest !== undefined) failures.delete(oldest)
      return entry.count > failuresMax ? entry.until - time : undefined
    },
  }
}
