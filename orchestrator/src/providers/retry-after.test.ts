import { expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.js'

const now = Date.UTC(2026, 10, 23, 12)
const wait = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now)

test('seconds, milliseconds and dates are understood', () => {
  expect(wait({ 'retry-after': '3' })).toBe(3_000)
  expect(wait({ 'retry-after': '0.5' })).toBe(500)
  expect(wait({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250)
  expect(wait({ 'retry-after': 'Mon, 23 Nov 2026 12:00:20 GMT' })).toBe(20_000)
})

test('the past and the negative mean no wait', () => {
  expect(wait({ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' })).toBe(0)
  expect(wait({ 'retry-after': '-5' })).toBe(0)
})

test('nonsense and absence mean nothing was asked', () => {
  expect(wait({ 'retry-after': 'soon' })).toBeUndefined()
  expect(wait({ 'retry-after': '' })).toBeUndefined()
  expect(wait({})).toBeUndefined()
  expect(retryAfterMs(undefined, now)).toBeUndefined()
})
