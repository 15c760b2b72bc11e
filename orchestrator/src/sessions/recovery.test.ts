import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Agent } from '../events/index.js'
import { createStage, event, finished, notice, wordsAgent } from './agent.fixture.js'
import { resumesWithoutProgressMax } from './interrupted-run.js'
import { createFolder, type Folder, isStored, type Service, say, untilEnd } from './service.fixture.js'

let folder: Folder
beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.dispose())

const scratch = { workspace: null, sandbox: 'auto' as const }

/** A session whose process stopped in the middle of a run, after three events of it. */
async function leaveInterrupted(): Promise<{ id: string; runId: string; length: number }> {
  const stage = createStage()
  const before = await folder.serve({ agent: stage.agent })
  const { id } = await before.sessions.create(scratch)
  const { run } = await before.sessions.startRun(id, { ...say('long'), model: 'm' })
  await stage.yield(notice('so far'))
  await before.stop()
  return { id, runId: run.id, length: 4 }
}

const types = async ({ sessions }: Service, id: string) => (await sessions.history(id)).map(({ type }) => type)

test('closing leaves the run open in the log, and the next start takes it up with its history and model', async () => {
  const { id, runId, length } = await leaveInterrupted()
  const stage = createStage()
  const service = await folder.serve({ agent: stage.agent })
  expect(await service.sessions.get(id)).toMatchObject({ run: { id: runId, status: 'interrupted' } })
  await service.sessions.recover({ resume: true })
  const task = await stage.task()
  expect(task).toMatchObject({ runId, sessionId: id, model: 'm' })
  expect(task.log.events).toHaveLength(length + 1)
  expect(task.log.events.at(-1)).toMatchObject({ type: 'notice', data: { code: 'run_resumed' } })
  expect((await service.sessions.get(id)).run?.status).toBe('running')
  void stage.yield(finished())
  await untilEnd(service.sessions, id)
  expect((await service.sessions.get(id)).run).toMatchObject({ id: runId, status: 'completed' })
})

test('recovering twice resumes once', async () => {
  const { id } = await leaveInterrupted()
  const service = await folder.serve({ agent: createStage().agent })
  await service.sessions.recover({ resume: true })
  await service.sessions.recover({ resume: true })
  expect((await types(service, id)).filter((type) => type === 'notice')).toHaveLength(2)
})

test('without resuming, an interrupted run waits: it can be continued as itself', async () => {
  const { id, runId, length } = await leaveInterrupted()
  const service = await folder.serve({ agent: wordsAgent })
  await service.sessions.recover({ resume: false })
  expect(await types(service, id)).toHaveLength(length)
  const { run } = await service.sessions.continueRun(id, {})
  expect(run.id).toBe(runId)
  expect((await untilEnd(service.sessions, id)).at(-1)).toMatchObject({ type: 'run.finished', runId })
})

test('continuing an interrupted run with new limits or a key begins a run that has them, once', async () => {
  const { id, runId } = await leaveInterrupted()
  const service = await folder.serve({ agent: wordsAgent })
  const request = { limits: { iterations: 60 } }
  const [first, second] = await Promise.all([1, 2].map(() => service.sessions.continueRun(id, request, 'key')))
  expect(first?.run.id).toBe(second?.run.id)
  expect(first?.run.id).not.toBe(runId)
  const log = (await untilEnd(service.sessions, id, first?.after)).filter(isStored)
  expect(log[0]).toMatchObject({
    type: 'run.started',
    data: { continues: runId, model: 'm', limits: { iterations: 60 } },
  })
  expect(log.at(-1)).toMatchObject({ type: 'run.finished', runId: first?.run.id })
})

test('an interrupted run can be cancelled', async () => {
  const { id, runId } = await leaveInterrupted()
  const service = await folder.serve({ agent: wordsAgent })
  expect(await service.sessions.cancelRun(id)).toMatchObject({ run: { id: runId, status: 'cancelled' }, hanging: [] })
  expect((await types(service, id)).at(-1)).toBe('run.cancelled')
})

test('a new input over an interrupted run ends that one first', async () => {
  const { id, runId, length } = await leaveInterrupted()
  const service = await folder.serve({ agent: wordsAgent })
  const { run, after } = await service.sessions.startRun(id, say('new'))
  const log = (await untilEnd(service.sessions, id)).filter(isStored)
  expect(log[length]).toMatchObject({ type: 'run.failed', runId, data: { code: 'interrupted' } })
  expect(log[length + 1]).toMatchObject({ type: 'input.admitted', runId: run.id, seq: after + 1 })
})

test('a run that brings nothing forth each time it is resumed is given up, and can be continued then', async () => {
  const { id, runId } = await leaveInterrupted()
  const silentAgent: Agent = async function* ({ signal }) {
    await new Promise((_, reject) => signal.addEventListener('abort', reject))
    yield finished()
  }
  for (let round = 0; round < resumesWithoutProgressMax; round += 1) {
    const crashing = await folder.serve({ agent: silentAgent })
    await crashing.sessions.recover({ resume: true })
    expect((await crashing.sessions.get(id)).run?.status).toBe('running')
    await crashing.stop()
  }
  const service = await folder.serve({ agent: wordsAgent })
  await service.sessions.recover({ resume: true })
  expect((await service.sessions.history(id)).at(-1)).toMatchObject({
    type: 'run.failed',
    runId,
    data: { code: 'resume_failed' },
  })
  await service.sessions.continueRun(id, {})
  await untilEnd(service.sessions, id, (await types(service, id)).length - 1)
  expect((await service.sessions.get(id)).run?.status).toBe('completed')
})

test('a removal that was cut short is finished at the next start', async () => {
  const { id } = await leaveInterrupted()
  const before = await folder.serve({ agent: wordsAgent })
  const { workspace } = await before.sessions.get(id)
  Object.assign(before.store, { remove: () => Promise.reject(new Error('killed here')) })
  await expect(before.sessions.remove(id)).rejects.toThrow('killed here')
  await before.stop()

  const service = await folder.serve({ agent: wordsAgent })
  await expect(service.sessions.get(id)).rejects.toMatchObject({ code: 'unknown_session' })
  expect(await service.sessions.list({ limit: 10 })).toEqual([])
  await service.sessions.recover({ resume: false })
  expect(await service.store.tail(id)).toBe(0)
  await expect(stat(workspace)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a tool that was running when its process stopped is in the history without a result', async () => {
  const stage = createStage()
  const before = await folder.serve({ agent: stage.agent })
  const { id } = await before.sessions.create(scratch)
  await before.sessions.startRun(id, say('go'))
  await stage.yield(event({ type: 'tool.called', data: { callId: 'c', name: 't', arguments: '{}' } }))
  await stage.yield(event({ type: 'tool.started', data: { callId: 'c', key: 'k' } }, 'tool:c'))
  await before.stop()
  const next = createStage()
  const service = await folder.serve({ agent: next.agent })
  await service.sessions.recover({ resume: true })
  const { log } = await next.task()
  expect(log.events.slice(-3).map(({ type }) => type)).toEqual(['tool.called', 'tool.started', 'notice'])
})

test('what a stopping agent still says is not logged, so that a stop and a kill leave the same log', async () => {
  const agent: Agent = async function* ({ signal }) {
    yield notice('working')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield notice('I was told to stop')
    yield finished()
  }
  const before = await folder.serve({ agent })
  const { id } = await before.sessions.create(scratch)
  await before.sessions.startRun(id, say('go'))
  for await (const batch of await before.sessions.follow(id, { after: 3, signal: AbortSignal.timeout(5_000) })) {
    if (batch.some(({ type }) => type === 'notice')) break
  }
  await before.stop()
  const service = await folder.serve({ agent })
  expect(await types(service, id)).toEqual(['session.created', 'input.admitted', 'run.started', 'notice'])
})

test('one damaged session does not keep the others from being recovered', async () => {
  const first = await leaveInterrupted()
  const second = await leaveInterrupted()
  const service = await folder.serve({ agent: wordsAgent })
  const read = service.store.read
  Object.assign(service.store, {
    read: (range: Parameters<typeof read>[0]) =>
      range.session === first.id ? Promise.reject(new Error('damaged')) : read(range),
  })
  await service.sessions.recover({ resume: true })
  expect((await untilEnd(service.sessions, second.id)).at(-1)).toMatchObject({ type: 'run.finished' })
})

test('a scratch folder that is gone does not keep its session from being removed', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id, workspace } = await sessions.create(scratch)
  await rm(workspace, { recursive: true })
  await mkdir(join(folder.path, 'other'))
  await writeFile(join(folder.path, 'other', 'file'), '')
  await sessions.remove(id)
  expect((await stat(join(folder.path, 'other', 'file'))).isFile()).toBe(true)
})
