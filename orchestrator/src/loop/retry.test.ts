import { expect, test } from 'vitest'
import { ModelFailure } from '../providers/index.js'
import { retriesMax, retryAfterMsMax, retryLongestMs } from './limits.js'
import { retryDelayMs } from './retry.js'

const failure = (options: Partial<{ retryable: boolean; retryAfterMs: number }> = {}) =>
  new ModelFailure('no', { code: 'overloaded', retryable: true, ...options })

test('the wait doubles from half a second to half a minute and is half chance', () => {
  const range = (attempt: number) =>
    [0, 0.999_999].map((random) => Math.round(retryDelayMs({ failure: failure(), attempt, random }) ?? -1))
  expect(range(1)).toEqual([250, 500])
  expect(range(2)).toEqual([500, 1_000])
  expect(range(retriesMax)).toEqual([retryLongestMs / 2, retryLongestMs])
})

test('what the endpoint asked for is the least', () => {
  const wait = (attempt: number) => retryDelayMs({ failure: failure({ retryAfterMs: 4_000 }), attempt, random: 0 })
  expect([wait(1), wait(9)]).toEqual([4_000, 15_000])
})

test('there is no point in another attempt after the last, for a final failure or a wait beyond the limit', () => {
  expect(retryDelayMs({ failure: failure(), attempt: retriesMax + 1, random: 0 })).toBeUndefined()
  expect(retryDelayMs({ failure: failure({ retryable: false }), attempt: 1, random: 0 })).toBeUndefined()
  const asked = failure({ retryAfterMs: retryAfterMsMax + 1 })
  expect(retryDelayMs({ failure: asked, attempt: 1, random: 0 })).toBeUndefined()
})
