import { sampleInTurns, type Timing, timingOf } from '../speed/sample.js'
import { type Arena, connectTo, firstCall, type Opened, openSandbox } from './arena.js'

export interface Started {
  /** Until the container runs. */
  running: Timing
  /** Until the files server has answered its first call. */
  answered: Timing
  /** The same without a container. */
  local: Timing
}

/** From nothing to the first answer of a tool, with everything in the caches of the machine. */
export async function measureStarts(arena: Arena, rounds: number): Promise<Started> {
  const running: number[] = []
  const answered: number[] = []
  const local: number[] = []
  // The first of each fills the caches.
  for (let round = 0; round <= rounds; round += 1) {
    const contained = await startOnce(arena, { name: `contained-${round}`, driver: 'docker' })
    const plain = await startOnce(arena, { name: `plain-${round}`, driver: 'local' })
    if (round === 0) continue
    running.push(contained.running)
    answered.push(contained.answered)
    local.push(plain.answered)
  }
  return { running: timingOf(running), answered: timingOf(answered), local: timingOf(local) }
}

async function startOnce(arena: Arena, { name, driver }: { name: string; driver: 'docker' | 'local' }) {
  const sandbox = arena.sandboxes.create(await arena.key(name, driver))
  try {
    const begun = performance.now()
    await sandbox.start()
    const running = performance.now() - begun
    const connection = await connectTo(sandbox, 'files')
    await firstCall(connection)
    const answered = performance.now() - begun
    await connection.close()
    return { running, answered }
  } finally {
    await sandbox.forget()
  }
}

export interface RoundTrips {
  inside: Timing
  child: Timing
}

/** The same call of the same server, inside and as a child of this process, in turns. */
export async function measureRoundTrips(arena: Arena, rounds: number): Promise<RoundTrips> {
  const opened: Opened[] = []
  try {
    opened.push(await openSandbox(arena, { name: 'trips-inside', driver: 'docker' }))
    opened.push(await openSandbox(arena, { name: 'trips-child', driver: 'local' }))
    const tasks = opened.map(({ sandbox, connection }) => ({
      label: sandbox.driver,
      async run() {
        await connection.callSettled('none')
      },
    }))
    const timings = await sampleInTurns(tasks, { rounds, warmUp: 50 })
    const none = timingOf([])
    return { inside: timings.get('docker') ?? none, child: timings.get('local') ?? none }
  } finally {
    for (const { close } of opened) await close()
  }
}
