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
    createSandbox: (key) =>
      createLocalSandbox({ workspace: key.workspace, stateDir: join(workspace, 'state'), env: process.env }),
  })
})
afterEach(async () => {
  await benches.close()
  await rm(workspace, { recursive: true, force: true })
})

test('a workspace that is not there is refused by name, and opens when it is', async () => {
  const missing = join(workspace, 'missing')
  const opened = benches.open({ sessionId: 'ses_1', workspace: missing })
  await expect(opened).rejects.toThrow(SandboxError)
  await expect(opened).rejects.toThrow(`"${missing}" does not exist`)
  const bench = await benches.open({ sessionId: 'ses_1', workspace })
  expect(bench.tools.tools.map(({ name }) => name)).toContain('read_file')
  bench.release()
})

test('a call with 12 MB of arguments is answered', async () => {
  const { tools, release } = await benches.open({ sessionId: 'ses_1', workspace })
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
  })
  expect(outcome.text).toContain('large.txt')
  release()
})
