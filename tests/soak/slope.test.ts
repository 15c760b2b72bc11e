import { expect, test } from 'vitest'
import { rise } from './slope.js'

const samples = (values: readonly number[]) => values.map((value, index) => ({ atMs: 5_000 + index * 100, value }))

test('a line rises by what it rises, whatever swings around it', () => {
  expect(rise(samples([1, 2, 3, 4, 5]))).toBeCloseTo(4)
  expect(rise(samples([10, 8, 6]))).toBeCloseTo(-4)
  expect(rise(samples([7, 7, 7]))).toBe(0)
  const saw = Array.from({ length: 101 }, (_, index) => index + (index % 10) * 3)
  expect(rise(samples(saw))).toBeGreaterThan(95)
  expect(rise(samples(saw.map((value, index) => value - index)))).toBeLessThan(3)
})

test('of less than two samples nothing is known', () => {
  expect(rise([])).toBe(0)
  expect(rise(samples([5]))).toBe(0)
})
