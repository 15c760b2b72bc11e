import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from '@auroracoder/orchestrator/scripted-model'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { log, until } from './log.js'
import { processesNaming, type Service, startService } from './service.js'

let folder: string
let workspace: string
let model: ScriptedModel | undefined
let service: Service | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-turns-'))
  workspace = join(folder, 'project')
  await mkdir(workspace)
})
afterEach(async () => {
  await service?.stop()
  await model?.close()
  service = undefined
  expect(await processesNaming(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

interface SessionBody {
  session: { id: string; run?: { id: string; status: string }; usage: { cacheHitRatio: number | null; input: number } }
}

async function start(script: ScriptInput): Promise<Service> {
  model = await createScriptedModel({ script })
  return restart()
}

async function restart(): Promise<Service> {
  service = await startService({ dataDir: join(folder, 'data'), modelUrl: model?.url ?? '' })
  return service
}

async function open(api: Service['api'], more: object = {}): Promise<string> {
  const { body } = await api('POST', '/v1/sessions', { workspace, ...more })
  return (body as SessionBody).session.id
}

async function get(api: Service['api'], id: string): Promise<SessionBody['session']> {
  return ((await api('GET', `/v1/sessions/${id}`)).body as SessionBody).session
}

const git = promisify(execFile)

async function filesOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const pairs = names.map(async (entry): Promise<[string, string]> => {
    const path = join(entry.parentPath, entry.name)
    return [path.slice(directory.length + 1), await readFile(path, 'base64')]
  })
  return Object.fromEntries(await Promise.all(pairs))
}

it('a revert brings back what a shell command created, changed and deleted, and leaves the user’s git alone', {
  timeout: 60_000,
}, async () => {
  await writeFile(join(workspace, 'changed.txt'), 'before\n')
  await writeFile(join(workspace, 'deleted.bin'), Buffer.from([0, 255, 13, 10]))
  await git('git', ['init', '-q'], { cwd: workspace })
  await git('git', ['add', '-A'], { cwd: workspace })
  const before = await filesOf(workspace)
  const command = 'mkdir -p new/deep && echo made > new/deep/file && echo after > changed.txt && rm deleted.bin'
  const running = await start({
    steps: [
      { reply: { calls: [{ name: 'run_terminal_command', arguments: { command } }] } },
      { reply: { text: 'Done.' } },
    ],
  })
  const id = await open(running.api)
  await running.api('POST', `/v1/sessions/${id}/runs`, { input: 'Change it.' })
  await until(running, id, 'run.finished')
  expect(await readFile(join(workspace, 'new/deep/file'), 'utf8')).toBe('made\n')

  const diff = (await running.api('GET', `/v1/sessions/${id}/workspace/diff?since=1`)).body
  expect(JSON.stringify(diff)).toContain('new/deep/file')
  const answer = await running.api('POST', `/v1/sessions/${id}/revert`, { seq: 1 })
  expect(answer.status).toBe(200)
  expect(await filesOf(workspace)).toEqual(before)
  expect((await log(running, id)).at(-1)).toMatchObject({ type: 'session.restored', data: { restored: 2, removed: 1 } })
})

it('an approval survives a killed service, and its answer lets the call run once', { timeout: 60_000 }, async () => {
  const first = await start({
    steps: [
      { reply: { calls: [{ name: 'run_terminal_command', arguments: { command: 'echo ran >> count' } }] } },
      { reply: { text: 'Done.' } },
    ],
  })
  const id = await open(first.api, { approvals: { default: 'auto' } })
  await first.api('POST', `/v1/sessions/${id}/runs`, { input: 'Count.' })
  await until(first, id, 'approval.asked')
  await first.kill('SIGKILL')

  const second = await restart()
  await until(second, id, 'notice')
  const { body } = await second.api('GET', `/v1/sessions/${id}/approvals`)
  const { approvals } = body as { approvals: { id: string; call: { name: string } }[] }
  expect(approvals).toMatchObject([{ call: { name: 'run_terminal_command' } }])
  const answered = await second.api('POST', `/v1/sessions/${id}/approvals/${approvals[0]?.id}`, { answer: 'accept' })
  expect(answered.status).toBe(204)
  await until(second, id, 'run.finished')
  expect(await readFile(join(workspace, 'count'), 'utf8')).toBe('ran\n')
  expect((await log(second, id)).filter(({ type }) => type === 'approval.asked')).toHaveLength(1)
})

it('a run is steered while its tool runs, and the model reads it with the result', { timeout: 60_000 }, async () => {
  const running = await start({
    steps: [
      {
        reply: {
          calls: [
            { name: 'run_terminal_command', arguments: { command: 'until [ -e go ]; do sleep 0.1; done; echo went' } },
          ],
        },
      },
      { when: { last: 'Be brief' }, reply: { text: 'Brief.' } },
    ],
  })
  const id = await open(running.api)
  await running.api('POST', `/v1/sessions/${id}/runs`, { input: 'Wait.' })
  await until(running, id, 'tool.started')
  const { status } = await running.api('POST', `/v1/sessions/${id}/runs`, { input: 'Be brief.', delivery: 'steer' })
  expect(status).toBe(202)
  await writeFile(join(workspace, 'go'), '')
  await until(running, id, 'run.finished')
  expect((await log(running, id)).find(({ type }) => type === 'text.finished')?.data).toEqual({ text: 'Brief.' })
})

it('cancelling settles within two seconds while a command sleeps, and leaves no process', {
  timeout: 60_000,
}, async () => {
  const running = await start({
    steps: [{ reply: { calls: [{ name: 'run_terminal_command', arguments: { command: 'sleep 600.25' } }] } }],
  })
  const id = await open(running.api)
  await running.api('POST', `/v1/sessions/${id}/runs`, { input: 'Sleep.' })
  await until(running, id, 'tool.started')
  const begun = performance.now()
  const { body } = await running.api('POST', `/v1/sessions/${id}/cancel`, {})
  expect(performance.now() - begun).toBeLessThan(2_500)
  expect(body).toMatchObject({ run: { status: 'cancelled' } })
  await expect.poll(() => processesNaming('sleep 600.25')).toEqual([])
})

/** A hundred answers, each with a call, and what the ideal append-only agent would find in the cache. */
it('over a hundred steps the provider bills nearly all that an append-only history can have cached', {
  timeout: 120_000,
}, async () => {
  const steps = Array.from({ length: 99 }, (_, index) => ({
    reply: {
      reasoning: 'Next.',
      calls: [
        index % 3 === 0
          ? { name: 'write_file', arguments: { path: `file${index}.txt`, content: `line ${index}\n`.repeat(20) } }
          : { name: 'read_file', arguments: { paths: [`file${index - (index % 3)}.txt`] } },
      ],
    },
  }))
  const running = await start({ steps: [...steps, { reply: { text: 'All done.' } }] })
  const id = await open(running.api)
  await running.api('POST', `/v1/sessions/${id}/runs`, { input: 'Go on.', limits: { iterations: 200, toolCalls: 200 } })
  await until(running, id, 'run.finished')
  const used = (await log(running, id)).flatMap(({ type, data }) =>
    type === 'step.finished' ? [data.usage as { input: number; output: number; cacheHit: number }] : [],
  )
  expect(used).toHaveLength(100)
  // The ideal: everything that the request before held, and its answer.
  const ideal = used
    .slice(1)
    .reduce((sum, { input }, at) => sum + Math.min(input, (used[at]?.input ?? 0) + (used[at]?.output ?? 0)), 0)
  const hit = used.reduce((sum, { cacheHit }) => sum + cacheHit, 0)
  expect(hit / ideal).toBeGreaterThanOrEqual(0.97)
  const { usage } = await get(running.api, id)
  expect(usage.cacheHitRatio).toBeCloseTo(hit / usage.input, 10)
  if (process.env.AURORACODER_TEST_DEEP === '1')
    console.log({ ofIdeal: hit / ideal, cacheHitRatio: usage.cacheHitRatio })
})
