import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffSequences, keptIndexes } from './diff.js'

const sequence = fc.array(fc.constantFrom('a', 'b', 'c', '{', '}', ''), { maxLength: 25 })

test('applying the differences to the old lines gives the new lines', () => {
  fc.assert(
    fc.property(sequence, sequence, (before, after) => {
      const rebuilt = [...before]
      for (const { oldStart, oldCount, newStart, newCount } of diffSequences(before, after).reverse()) {
        rebuilt.splice(oldStart, oldCount, ...after.slice(newStart, newStart + newCount))
      }
      expect(rebuilt).toEqual(after)
    }),
  )
})

test('it finds as many common lines as the longest common subsequence has', () => {
  fc.assert(
    fc.property(sequence, sequence, (before, after) => {
      const kept = keptIndexes(diffSequences(before, after), before.length).filter((index) => index >= 0)
      expect(kept.length).toBe(longestCommonSubsequence(before, after))
    }),
  )
})

test('kept items are equal and in order', () => {
  fc.assert(
    fc.property(sequence, sequence, (before, after) => {
      const indexes = keptIndexes(diffSequences(before, after), before.length)
      expect(indexes.length).toBe(after.length)
      let last = -1
      for (const [at, index] of indexes.entries()) {
        if (index < 0) continue
        expect(before[index]).toBe(after[at])
        expect(index).toBeGreaterThan(last)
        last = index
      }
    }),
  )
})

test('lists that share nothing and are too long to search are one difference', () => {
  const before = Array.from({ length: 3_000 }, (_, index) => `old ${index}`)
  const after = Array.from({ length: 3_000 }, (_, index) => `new ${index}`)
  expect(diffSequences(['x', ...before], ['x', ...after])).toEqual([
    { oldStart: 1, oldCount: 3_000, newStart: 1, newCount: 3_000 },
  ])
})

function longestCommonSubsequence(left: readonly string[], right: readonly string[]): number {
  let previous = new Array<number>(right.length + 1).fill(0)
  for (const item of left) {
    const current = [0]
    for (const [index, other] of right.entries()) {
      const diagonal = previous[index] ?? 0
      current.push(item === other ? diagonal + 1 : Math.max(previous[index + 1] ?? 0, current[index] ?? 0))
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
