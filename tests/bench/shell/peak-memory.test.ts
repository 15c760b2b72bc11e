import { expect, test } from 'vitest'
import { watchPeakMemory } from './peak-memory.js'

const mib = 2 ** 20

test('the growth is what a process has touched since, and nothing from before', async (context) => {
  const during = await watchPeakMemory(process.pid)
  if (!during) return context.skip('this kernel does not let a process begin its peak anew')
  touch(96 * mib)
  expect(await during.growth()).toBeGreaterThan(64 * mib)
  const after = await watchPeakMemory(process.pid)
  expect(await after?.growth()).toBeLessThan(64 * mib)
})

test('of a process that is gone, nothing is known', async () => {
  expect(await watchPeakMemory(2 ** 30)).toBeUndefined()
})

function touch(bytes: number): number {
  return Buffer.alloc(bytes, 1).length
}
