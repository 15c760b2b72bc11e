import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { fateOf, thisProcess } from './owner.js'

test('this process is alive', async () => {
  expect(await fateOf(await thisProcess())).toBe('alive')
})

test('a process that has ended is gone', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(await fateOf({ ...(await thisProcess()), pid: child.pid ?? 0 })).toBe('gone')
})

test('a pid that was given again is another process', async () => {
  expect(await fateOf({ ...(await thisProcess()), started: '1' })).toBe('gone')
})

test('what ran before this machine was started is gone', async () => {
  expect(await fateOf({ ...(await thisProcess()), boot: 'an earlier one' })).toBe('gone')
})

test.each([{ host: 'elsewhere' }, { namespace: 'pid:[1]' }])('of %j nobody here knows', async (other) => {
  expect(await fateOf({ ...(await thisProcess()), ...other })).toBe('unknown')
})
