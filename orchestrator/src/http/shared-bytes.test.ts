import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { createStage, notice } from '../sessions/agent.fixture.js'
import { bareStream, createBench } from './server.fixture.js'

const readers = 40
const eventBytes = 5_000_000
/** A copy each would be 200 MB. */
const growthBytesMax = 60_000_000

async function stagedSession() {
  const stage = createStage()
  const bench = await createBench({ agent: stage.agent })
  onTestFinished(bench.dispose)
  const id = await bench.session()
  await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  return { stage, bench, id }
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Memory outside of the JavaScript heap, where the bytes of frames are, and strings within it. */
function held(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

test.each(['live', 'replayed'])('many stalled readers of one %s large event share its bytes', async (how) => {
  const { stage, bench, id } = await stagedSession()
  if (how === 'replayed') await stage.yield(notice('x'.repeat(eventBytes)))
  const before = held()
  const sockets = Array.from({ length: readers }, () => bareStream(bench.server, id))
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()))
  await Promise.all(sockets.map((socket) => once(socket, 'readable')))
  if (how === 'live') await stage.yield(notice('x'.repeat(eventBytes)))
  // Nothing tells when a reader that takes nothing has been written to.
  await sleep(500)
  expect(held() - before).toBeLessThan(growthBytesMax)
})
