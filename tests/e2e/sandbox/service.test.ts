import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from '@auroracoder/orchestrator/scripted-model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { log, until } from '../orchestrator/log.js'
import { brokenProject, fixScript } from '../orchestrator/scripts.js'
import { runBin, type Service, startService } from '../orchestrator/service.js'
import { missingSandbox } from './world.js'

const missing = await missingSandbox()
const run = promisify(execFile)

/** What makes the image's name. */
const sandboxEnv: Record<string, string> = Object.fromEntries(
  ['AURORACODER_SANDBOX_BASE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => {
    const value = process.env[name]
    return value ? [[name, value]] : []
  }),
)

let folder: string
let workspace: string
const services: Service[] = []
const models: ScriptedModel[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-contained-'))
  workspace = join(folder, 'project')
  await mkdir(workspace)
  for (const [name, text] of Object.entries(brokenProject)) await writeFile(join(workspace, name), text)
})
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()))
  await Promise.all(models.splice(0).map((model) => model.close()))
  expect(await containers()).toEqual([])
  for (const name of await volumes()) await run('docker', ['volume', 'rm', name])
  await rm(folder, { recursive: true })
})

/** Of this test's services: each data directory has an instance of its own. */
async function containers(): Promise<string[]> {
  const { stdout } = await runBin(['sandbox', 'list', '--json'], { HOME: folder })
  const { sandboxes }: { sandboxes: { name: string; workspace: string }[] } = JSON.parse(stdout)
  return sandboxes.filter((each) => each.workspace.startsWith(folder)).map(({ name }) => name)
}

async function volumes(): Promise<string[]> {
  const filter = `label=com.auroracoder.workspace`
  const format = '{{.Name}} {{.Label "com.auroracoder.workspace"}}'
  const { stdout } = await run('docker', ['volume', 'ls', '--filter', filter, '--format', format])
  return stdout.split('\n').flatMap((line) => (line.includes(folder) ? [line.split(' ')[0] ?? ''] : []))
}

async function serve(model: ScriptedModel, name = 'data'): Promise<Service> {
  const env = { ...sandboxEnv, AURORACODER_SANDBOX: 'docker' }
  const service = await startService({ dataDir: join(folder, name), modelUrl: model.url, env })
  services.push(service)
  return service
}

async function play(script: ScriptInput): Promise<ScriptedModel> {
  const model = await createScriptedModel({ script })
  models.push(model)
  return model
}

async function begin({ api }: Service, input = 'The sum is wrong. Fix it.'): Promise<string> {
  const created = await api('POST', '/v1/sessions', { workspace })
  expect(created).toMatchObject({ status: 201, body: { session: { sandbox: 'docker' } } })
  const { id } = (created.body as { session: { id: string } }).session
  expect(await api('POST', `/v1/sessions/${id}/runs`, { input })).toMatchObject({ status: 202 })
  return id
}

const sleepScript: ScriptInput = {
  steps: [
    {
      reply: {
        calls: [{ name: 'run_terminal_command', arguments: { command: 'touch begun && sleep 30', timeout: 60 } }],
      },
    },
    { reply: { text: 'That is that.' } },
  ],
}

async function untilBegun(): Promise<void> {
  while (!(await stat(join(workspace, 'begun')).catch(() => undefined))) await new Promise(setImmediate)
}

test('sandboxes run here', (context) => {
  if (missing) context.skip(missing)
  expect(missing).toBeUndefined()
})

describe.skipIf(missing)('a service whose tools run in containers', { timeout: 90_000 }, () => {
  test('fixes a project, whose files stay the user’s, and leaves nothing behind', async () => {
    const service = await serve(await play(fixScript()))
    const id = await begin(service)
    expect(await until(service, id, 'run.finished')).toMatchObject({ data: { status: 'completed' } })
    expect(await readFile(join(workspace, 'sum.js'), 'utf8')).toContain('a + b')
    expect((await stat(join(workspace, 'sum.js'))).uid).toBe((await stat(workspace)).uid)
    expect(await containers()).toHaveLength(1)
    expect(await service.api('DELETE', `/v1/sessions/${id}`)).toMatchObject({ status: 204 })
    expect(await containers()).toEqual([])
    expect(await volumes()).toEqual([])
  })

  test('tells that a container was removed under a command, and goes on', async () => {
    const service = await serve(await play(sleepScript))
    const id = await begin(service)
    await untilBegun()
    const [name = ''] = await containers()
    expect(await runBin(['sandbox', 'stop', name], { HOME: folder })).toMatchObject({ exitCode: 0 })
    const finished = await until(service, id, 'tool.finished')
    expect(JSON.stringify(finished)).toMatch(/its container was (killed or )?removed/)
    expect(await until(service, id, 'run.finished')).toMatchObject({ data: { status: 'completed' } })
  })

  test('after kill -9 removes what it left, no one else’s, and goes on with the run', async () => {
    const other = await serve(await play(sleepScript), 'other')
    await begin(other)
    await untilBegun()
    await rm(join(workspace, 'begun'))
    const model = await play(sleepScript)
    const service = await serve(model)
    const id = await begin(service)
    await untilBegun()
    const before = await containers()
    expect(before).toHaveLength(2)
    await service.kill('SIGKILL')
    expect(await containers()).toHaveLength(2)
    const next = await serve(model)
    expect(await until(next, id, 'run.finished')).toMatchObject({ data: { status: 'completed' } })
    const after = await containers()
    expect(before.filter((name) => after.includes(name))).toHaveLength(1)
    const called = (await log(next, id)).filter(({ type }) => type === 'tool.started')
    expect(called).toHaveLength(1)
  })

  test('refuses a session on this machine itself', async () => {
    const service = await serve(await play(sleepScript))
    const refused = await service.api('POST', '/v1/sessions', { workspace, sandbox: 'local' })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).toContain('docker driver only')
  })

  test('refuses a workspace that is no project', async () => {
    const service = await serve(await play(sleepScript))
    const { body } = await service.api('POST', '/v1/sessions', { workspace: '/etc' })
    const { id } = (body as { session: { id: string } }).session
    await service.api('POST', `/v1/sessions/${id}/runs`, { input: 'Look around.' })
    expect(JSON.stringify(await until(service, id, 'run.failed'))).toContain('cannot be given to a container')
  })
})
