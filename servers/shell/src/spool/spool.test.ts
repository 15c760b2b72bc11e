import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSpool } from './spool.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bytes by which a wrong offset shows. */
function bytesAt(offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => ((offset + index) * 31 + ((offset + index) >> 8)) % 256))
}

/** Each run waits for the disk many times. */
const fewer = { numRuns: (fc.readConfigureGlobal().numRuns ?? 1_000) / 10 }

test('head and tail are kept byte for byte, whatever the chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 40 }), (lengths) => {
      const [headBytesMax, tailBytesMax] = [500, 1_000]
      const spool = createSpool({
        path: join(folder, 'out'),
        headBytesMax,
        tailBytesMax,
        mayKeep: () => true,
        freeDisk: () => false,
      })
      let size = 0
      for (const length of lengths) {
        spool.append(bytesAt(size, length))
        size += length
      }
      expect(spool.size()).toBe(size)
      expect(spool.kept()).toBeLessThanOrEqual(headBytesMax + tailBytesMax)
      const headEnd = Math.min(size, headBytesMax)
      expect(spool.read(0, headEnd)).toEqual(bytesAt(0, headEnd))
      const tailStart = Math.max(headEnd, size - tailBytesMax / 2)
      expect(spool.read(tailStart, size)).toEqual(bytesAt(tailStart, size - tailStart))
      const next = spool.nextKept(headEnd)
      expect(next).toBeLessThanOrEqual(Math.max(tailStart, headEnd))
      expect(spool.read(next, size)).toEqual(bytesAt(next, size - next))
      if (next > headEnd) expect(spool.read(headEnd, next)).toHaveLength(0)
      spool.remove()
    }),
    fewer,
  )
  expect(readdirSync(folder)).toEqual([])
})

test('bytes over the budget are counted, not kept, and what comes after them is at its place', () => {
  let left = 300
  const spool = createSpool({
    path: join(folder, 'budget'),
    headBytesMax: 1_000,
    tailBytesMax: 1_000,
    mayKeep: (bytes) => bytes <= left,
    freeDisk: () => false,
  })
  spool.append(bytesAt(0, 200))
  left = 0
  spool.append(bytesAt(200, 100))
  left = 1_000
  spool.append(bytesAt(300, 50))
  expect(spool.size()).toBe(350)
  expect(spool.read(0, 350)).toEqual(bytesAt(0, 200))
  expect(spool.nextKept(200)).toBe(300)
  expect(spool.read(300, 350)).toEqual(bytesAt(300, 50))
  spool.remove()
})

test.for([
  ['a full disk', '/dev/full', 'ENOSPC', 3],
  ['a folder that is gone', '/nowhere/at/all', 'ENOENT', 0],
] as const)('with %s output is counted, not kept, and the reason is told', ([, path, reason, triesToFree]) => {
  let tries = 0
  const freeDisk = (): boolean => {
    tries += 1
    return tries < triesToFree
  }
  const spool = createSpool({ path, headBytesMax: 1_000, tailBytesMax: 1_000, mayKeep: () => true, freeDisk })
  spool.append(bytesAt(0, 5_000))
  expect(spool.trouble()).toContain(reason)
  expect(tries).toBe(triesToFree)
  expect(spool.size()).toBe(5_000)
  expect(spool.kept()).toBe(0)
  expect(spool.nextKept(0)).toBe(5_000)
})

test('a removed spool takes what still comes, and makes no file', () => {
  const spool = createSpool({
    path: join(folder, 'gone'),
    headBytesMax: 10,
    tailBytesMax: 10,
    mayKeep: () => true,
    freeDisk: () => false,
  })
  spool.append(bytesAt(0, 5))
  spool.remove()
  spool.append(bytesAt(5, 5))
  expect(spool.size()).toBe(10)
  expect(spool.read(0, 10)).toHaveLength(0)
  expect(readdirSync(folder)).toEqual([])
})
