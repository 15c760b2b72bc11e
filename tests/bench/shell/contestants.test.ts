import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startEcho } from '../speed/echo.js'
import { measureAlone } from './commands.js'
import { withContestants } from './contestants.js'
import { isAlive } from './processes.js'

/** Servers start slowly on a busy machine. */
const timeout = 60_000

async function makeWorld() {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-shell-bench-')))
  onTestFinished(() => rm(scratch, { recursive: true }))
  const checkout = fileURLToPath(new URL('../../..', import.meta.url))
  const env = { AURORACODER_BENCH_FIXTURES: join(scratch, 'none') }
  return { checkout, scratch, folder: scratch, results: scratch, env, say: () => {} }
}

test('without peers, ours and the one-shot server answer rightly, and are ended', { timeout }, async () => {
  const world = await makeWorld()
  const pids: number[] = []
  const measured = await withContestants({ world, part: 'test' }, async (contestants) => {
    const echo = await startEcho(world.scratch)
    onTestFinished(() => echo.close())
    pids.push(...contestants.map(({ server }) => server.pid))
    return measureAlone({ contestants, echo, sampling: { rounds: 2, warmUp: 1 } })
  })
  expect(new Set(measured.map(({ contestant }) => contestant))).toEqual(
    new Set(['ours, alone', 'one-shot bash -c, alone']),
  )
  expect(measured.filter(({ wrong }) => wrong > 0)).toEqual([])
  expect(pids.map(isAlive)).toEqual([false, false])
})

test('servers are ended also when the work with them fails', { timeout }, async () => {
  const world = await makeWorld()
  const pids: number[] = []
  const failing = withContestants({ world, part: 'test' }, async (contestants) => {
    pids.push(...contestants.map(({ server }) => server.pid))
    throw new Error('no luck')
  })
  await expect(failing).rejects.toThrow('no luck')
  expect(pids.map(isAlive)).toEqual([false, false])
})
