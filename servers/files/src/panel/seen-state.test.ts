import { describe, expect, test } from 'vitest'
import { type FileStats, isUnchanged } from './seen-state.js'

const changedAtMs = 1_700_000_000_000
const stats: FileStats = {
  dev: 1n,
  ino: 2n,
  size: 3n,
  mtimeNs: 4n,
  ctimeNs: BigInt(changedAtMs) * 1_000_000n,
}
const seenAfter = (ms: number) => ({ stats, atMs: changedAtMs + ms })

describe('a file is taken for unchanged', () => {
  test('when the system says the same of it as long after its last change', () => {
    expect(isUnchanged(seenAfter(2_000), { ...stats })).toBe(true)
  })

  test('not when it was read so soon after a change that another one could look the same', () => {
    expect(isUnchanged(seenAfter(1_999), { ...stats })).toBe(false)
    expect(isUnchanged(seenAfter(-5_000), { ...stats })).toBe(false)
  })

  test.each(['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const)('not when its %s differs', (name) => {
    expect(isUnchanged(seenAfter(60_000), { ...stats, [name]: stats[name] - 1n })).toBe(false)
  })
})
