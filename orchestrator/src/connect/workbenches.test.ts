import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalSandbox, SandboxError } from '@auroracoder/sandbox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkbenches, type Workbenches } from './workbenches.js'

let workspace: string
let benches: Workbenches
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'workbenches-'))
  benches = createWorkbenches({
    servers: ['files'],
    clientInfo: { name: 'test', version: '0' },
    createSandbox: async (key) =>
      createLocalSandbox({ workspace: key.workspace, stateDir: join(workspace, 'state'), env: process.env }),
  })
})
afterEach(async () => {
  await benches.close()
  await rm(workspace, { recursive: true, force: true })
})

test('a workspace that is not there is refused by name, and opens when it is', async () => {
  const missing = join(workspace, 'missing')
  const opened = benches.open({ sessionId: 'ses_1', workspace: missing, sandbox: 'local' })
  await expect(opened).rejects.toThrow(SandboxError)
  await expect(opened).rejects.toThrow(`"${missing}" does not exist`)
  const bench = await benches.open({ sessionId: 'ses_1', workspace, sandbox: 'local' })
  expect(bench.tools.tools.map(({ name }) => name)).toContain('read_file')
  bench.release()
})

test('a call with 12 MB of arguments is answered', async () => {
  const { tools, release } = await benches.open({ sessionId: 'ses_1', workspace, sandbox: 'local' })
  const content = 'x'.repeat(12_000_000)
  const outcome = await tools.call({
    name: 'write_file',
    args: { path: 'large.txt', content },
    key: 'run/step/call',
    step: 'run/step',
    branch: 0,
    panels: [],
    signal: new AbortController().signal,
    onProgress() {},
    elicit: async () => ({ action: 'cancel' }),
    onLog() {},
  })
  expect(outcome.text).toContain('large.txt')
  release()
})

test('of more idle sandboxes than may stay, the one that was idle longest is stopped', async () => {
  const stopped: string[] = []
  let tell = (): void => {}
  const gone = new Promise<void>((resolve) => {
    tell = resolve
  })
  const capped = createWorkbenches({
    servers: ['files'],
    clientInfo: { name: 'test', version: '0' },
    idleMax: 1,
    createSandbox: async ({ sessionId }) => {
      const sandbox = createLocalSandbox({ workspace, stateDir: join(workspace, sessionId), env: process.env })
      const stop = async (): Promise<void> => {
        await sandbox.stop()
        stopped.push(sessionId)
        tell()
      }
      return { ...sandbox, stop }
    },
  })
  try {
    const held = await capped.open({ sessionId: 'ses_held', workspace, sandbox: 'local' })
    const first = await capped.open({ sessionId: 'ses_1', workspace, sandbox: 'local' })
    const second = await capped.open({ sessionId: 'ses_2', workspace, sandbox: 'local' })
    first.release()
    second.release()
    await gone
    expect(stopped).toEqual(['ses_1'])
    held.release()
  } finally {
    await capped.close()
  }
})
