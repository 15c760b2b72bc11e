import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { homeOf } from '../mcp/start-server.js'
import { contestantThat } from './contestant.fixture.js'
import { oneShot, startOneShot } from './contestants.js'
import { countLeftovers } from './leftovers.js'
import { canListProcesses, sleepersFor } from './processes.js'

/** Five starts on a busy machine, and the time in which a server may tidy up. */
const timeout = 120_000

test('what outlives a server is counted, and then ended', { timeout }, async (context) => {
  if (!canListProcesses) return context.skip('this system has no /proc')
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-leftovers-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const root = join(folder, 'root')
  for (const each of [root, homeOf(root)]) await mkdir(each)
  const server = await startOneShot(root)
  onTestFinished(() => server.close())
  const asked: string[] = []
  const watched = {
    ...server,
    call: (call: Parameters<typeof server.call>[0]) => {
      asked.push(String(call.args.command))
      return server.call(call)
    },
  }

  const { left, started, endedMs } = await countLeftovers(
    { ...oneShot, label: 'test', server: watched },
    { ending: 'SIGTERM' },
  )

  expect(left).toEqual(started)
  expect(left).toHaveLength(5)
  expect(endedMs).toBeLessThan(10_000)
  const durations = asked.map((command) => /sleep ([\d.]+)/.exec(command)?.[1] ?? '')
  expect(durations.every((duration) => duration.startsWith('642.'))).toBe(true)
  expect((await Promise.all(durations.map(sleepersFor))).flat()).toEqual([])
})

test('a server that starts nothing leaves nothing behind, which is no merit', async (context) => {
  if (!canListProcesses) return context.skip('this system has no /proc')
  const idle = contestantThat(() => ({ ok: true, text: 'done' }))
  const counted = countLeftovers(idle, { ending: 'end of stdin', startMsMax: 200 })
  await expect(counted).rejects.toThrow('has not started "sleep 642.')
})
