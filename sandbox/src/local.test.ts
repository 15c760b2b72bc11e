import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLocalSandbox, stopGraceMs } from './local.js'
import type { Sandbox, ServerProcess } from './sandbox.js'

let folder: string
let sandbox: Sandbox
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'))
  sandbox = createLocalSandbox({ workspace: folder, stateDir: join(folder, 'state'), env: process.env })
  await sandbox.start()
})
afterEach(async () => {
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

const withinMs = stopGraceMs + 8_000

test('a server ends when its stream is closed', { timeout: withinMs }, async () => {
  const server = await sandbox.connect('files')
  closeStream(server)
  expect(await server.exited).toMatchObject({ signal: null })
})

test.skipIf(process.platform !== 'linux')(
  'a server that hangs is killed when its stream is closed',
  { timeout: withinMs },
  async () => {
    const server = await sandbox.connect('files')
    process.kill(await pidOf(server), 'SIGSTOP')
    closeStream(server)
    expect(await server.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  },
)

test.skipIf(process.platform !== 'linux')(
  'stopping does not wait for a server that hangs',
  { timeout: withinMs },
  async () => {
    const server = await sandbox.connect('shell')
    process.kill(await pidOf(server), 'SIGSTOP')
    await sandbox.stop()
    expect(await server.exited).toMatchObject({ signal: 'SIGKILL' })
  },
)

test('a workspace that has gone is named, not the program', async () => {
  await rm(folder, { recursive: true })
  await expect(sandbox.connect('files')).rejects.toThrow(`Workspace "${folder}" does not exist`)
})

function closeStream({ stream }: ServerProcess): void {
  // Node reports the end of what the stream had under way.
  stream.on('error', () => {})
  stream.destroy()
}

/** The pid of the one server that works on the folder, once it has answered. */
async function pidOf({ stream }: ServerProcess): Promise<number> {
  stream.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`)
  await new Promise((answered) => stream.once('data', answered))
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
  for (const pid of children.trim().split(' ')) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(folder)) return Number(pid)
  }
  throw new Error('The server does not run.')
}
