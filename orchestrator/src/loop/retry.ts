import type { ModelFailure } from '../providers/index.js'
import { retriesMax, retryAfterMsMax, retryFirstMs, retryLongestMs } from './limits.js'

/** How long to wait after the n-th failed attempt (from 1); undefined when there is no point in another one. */
export function retryDelayMs(options: { failure: ModelFailure; attempt: number; random: number }): number | undefined {
  const { failure, attempt, random } = options
  const asked = failure.retryAfterMs ?? 0
  if (!failure.retryable || attempt > retriesMax || asked > retryAfterMsMax) return undefined
  const longest = Math.min(retryLongestMs, retryFirstMs * 2 ** (attempt - 1))
  // Half of it is chance, so that clients that failed together do not come back together.
  return Math.max(asked, longest * (0.5 + random / 2))
}
