import { expect, test } from 'vitest'
import { createStampReader, nowMs, quantile } from './stamps.js'

test('each stamp counts once, also when the whole text comes again at the end', () => {
  const read = createStampReader()
  const stamps = (data: string) => read(data).map(({ stampMs }) => stampMs)
  expect(stamps('{"text":"<t:1.500> word"}')).toEqual([1.5])
  expect(stamps('<t:2.000> word <t:2.250> word')).toEqual([2, 2.25])
  expect(stamps('<t:1.500> word<t:2.000> word <t:2.250> word')).toEqual([])
  expect(stamps('nothing')).toEqual([])
})

test('an arrival is never before its stamp', () => {
  const [arrival] = createStampReader()(`<t:${nowMs().toFixed(3)}>`)
  expect(arrival?.atMs).toBeGreaterThanOrEqual(arrival?.stampMs ?? Number.NaN)
})

test('quantiles are numbers that were there', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2)
  expect(quantile([3, 1, 2], 0.95)).toBe(3)
  expect(quantile([], 0.5)).toBeNaN()
})
