import { type Sandbox, thisProcess } from '@auroracoder/sandbox'
import type { World } from '../benchmark.js'
import { type Timing, timingOf } from '../speed/sample.js'
import { connectTo, firstCall, openArena } from './arena.js'

export interface Crowd {
  /** Until each of them has answered. */
  answeredMs: number
  /** Of each with both servers, idle: what it could not give back. */
  idleBytes: Timing
  /** All of them removed by another service. */
  sweptMs: number
}

/** Many sandboxes at once, of a service that is said to be gone afterwards. */
export async function measureCrowd(world: World, count: number): Promise<Crowd> {
  const gone = { ...(await thisProcess()), started: 'never' }
  const arena = await openArena(world, { owner: gone })
  const names = Array.from({ length: count }, (_, index) => `crowd-${index}`)
  const keys = await Promise.all(names.map((name) => arena.key(name, 'docker')))
  const sandboxes = keys.map((key) => arena.sandboxes.create(key))
  try {
    const begun = performance.now()
    await Promise.all(sandboxes.map(startBoth))
    const answeredMs = performance.now() - begun
    const idleBytes = timingOf(await Promise.all(sandboxes.map(memoryOf)))
    const sweepBegun = performance.now()
    await arena.sandboxes.sweep()
    return { answeredMs, idleBytes, sweptMs: performance.now() - sweepBegun }
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.forget()))
  }
}

async function startBoth(sandbox: Sandbox): Promise<void> {
  await sandbox.start()
  const [files] = await Promise.all([connectTo(sandbox, 'files'), connectTo(sandbox, 'shell')])
  await firstCall(files)
}

/** Neither caches of files nor what its processes share with the host. */
async function memoryOf(sandbox: Sandbox): Promise<number> {
  const files = ['/sys/fs/cgroup/memory.stat', '/sys/fs/cgroup/memory/memory.stat']
  const { stdout } = await sandbox.exec({ command: ['cat', ...files] })
  return Number(/^(?:anon|total_rss) (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN)
}
