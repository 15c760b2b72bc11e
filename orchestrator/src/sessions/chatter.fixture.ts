import { writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Agent } from '../events/index.js'
import { notice } from './agent.fixture.js'
import { lockInstance } from './instance-lock.js'
import { openLibsqlStore } from './libsql/store.js'
import { say, silent, untilEnd } from './service.fixture.js'
import { createSessions } from './sessions.js'

/** A process that runs an agent without an end, and prints each event once it was acknowledged. */
export async function main(dataDir: string, owner: string): Promise<void> {
  await lockInstance({ dataDir, name: owner })
  const store = await openLibsqlStore({ file: join(dataDir, 'events.db'), now: Date.now })
  const agent: Agent = async function* () {
    for (let index = 0; ; index += 1) {
      yield notice(`${owner} ${index} ${'x'.repeat(index % 5_000)}`)
      print(`ack ${index}`)
    }
  }
  const sessions = createSessions({
    store,
    agent,
    owner,
    scratchRoot: join(dataDir, 'scratch'),
    log: silent,
    now: Date.now,
  })
  const { id } = await sessions.create({ workspace: null, sandbox: 'auto' })
  print(`session ${id}`)
  const { run } = await sessions.startRun(id, say('talk'))
  // Its end can only be written by a successor.
  await untilEnd(sessions, id)
  print(`over ${run.id}`)
}

/** Synchronous, so that what was printed was true before a kill. */
function print(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let done = 0; done < bytes.length; ) done += writeSome(bytes.subarray(done))
}

/** The pipe does not block: when the reader is slow, it takes nothing for a while. */
function writeSome(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}
