import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Agent } from '../events/index.js'
import { createStage, event, finished, notice, wordsAgent } from './agent.fixture.js'
import { queuedRunsMax } from './runs.js'
import { createFolder, type Folder, isStored, type Service, say, untilEnd } from './service.fixture.js'

let folder: Folder
beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.dispose())

const scratch = { workspace: null, sandbox: 'auto' as const }

/** Resolves when the run has this status. */
async function until({ sessions }: Service, id: string, runId: string, status: string): Promise<void> {
  const abort = new AbortController()
  for await (const _ of await sessions.follow(id, { after: 0, signal: abort.signal })) {
    const { run } = await sessions.get(id)
    if (run?.id === runId && run.status === status) return
  }
}

test('an input that steers goes into the run that is active, and the agent finds it in its log at once', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  const { run } = await sessions.startRun(id, say('go'))
  const { log } = await stage.task()
  let told = 0
  log.onAppend(() => {
    told += 1
  })
  const steered = await sessions.startRun(id, { ...say('the other way'), delivery: 'steer' })
  expect(steered.run).toMatchObject({ id: run.id, status: 'running' })
  expect(told).toBe(1)
  expect(log.events.at(-1)).toMatchObject({ type: 'input.admitted', runId: run.id, data: { delivery: 'steer' } })
})

test('an input that steers nothing starts a run', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, { ...say('hello'), delivery: 'steer' })
  expect((await untilEnd(sessions, id)).at(-1)).toMatchObject({ type: 'run.finished' })
})

test('an end that was decided before a steering input came is no end', async () => {
  const agent: Agent = async function* ({ log }) {
    const seen = log.events.at(-1)?.seq ?? 0
    await steer
    yield { kind: 'event', event: { type: 'notice', data: { code: 'test', message: 'still here' } } }
    const end = finished()
    if (end.kind === 'event') yield { ...end, onlyAt: seen }
    yield notice('going on')
    yield finished()
  }
  let let_ = () => {}
  const steer = new Promise<void>((resolve) => {
    let_ = resolve
  })
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  await sessions.startRun(id, { ...say('wait'), delivery: 'steer' })
  let_()
  const log = (await untilEnd(sessions, id)).filter(isStored)
  expect(log.filter(({ type }) => type === 'run.finished')).toHaveLength(1)
  expect(log.at(-2)).toMatchObject({ type: 'notice', data: { message: 'going on' } })
})

test('queued inputs run one after another when the run before has ended, each with its own plan', async () => {
  const stage = createStage()
  const service = await folder.serve({ agent: stage.agent })
  const { sessions } = service
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('one'))
  await stage.task()
  const two = await sessions.startRun(id, {
    ...say('two'),
    delivery: 'queue',
    model: 'other',
    limits: { iterations: 3 },
  })
  const three = await sessions.startRun(id, { ...say('three'), delivery: 'queue' })
  expect([two.run.status, three.run.status]).toEqual(['queued', 'queued'])
  expect((await sessions.get(id)).queued).toEqual([two.run.id, three.run.id])
  void stage.yield(finished())
  const second = await stage.task()
  expect(second).toMatchObject({ runId: two.run.id, model: 'other' })
  expect(second.log.events.at(-1)).toMatchObject({ type: 'run.started', data: { limits: { iterations: 3 } } })
  void stage.yield(finished())
  expect((await stage.task()).runId).toBe(three.run.id)
  void stage.yield(finished())
  await until(service, id, three.run.id, 'completed')
  expect((await sessions.get(id)).queued).toEqual([])
})

test('a queued input survives the process, and runs when the interrupted run has ended', async () => {
  const stage = createStage()
  const before = await folder.serve({ agent: stage.agent })
  const { id } = await before.sessions.create(scratch)
  await before.sessions.startRun(id, say('one'))
  await stage.task()
  const { run } = await before.sessions.startRun(id, { ...say('two'), delivery: 'queue' })
  await before.stop()
  const next = createStage()
  const service = await folder.serve({ agent: next.agent })
  await service.sessions.recover({ resume: true })
  await next.task()
  void next.yield(finished())
  expect((await next.task()).runId).toBe(run.id)
})

test('a process that dies between two runs starts the queued one when it is back', async () => {
  const stage = createStage()
  const before = await folder.serve({ agent: stage.agent })
  const { id } = await before.sessions.create(scratch)
  await before.sessions.startRun(id, say('one'))
  await stage.task()
  const { run } = await before.sessions.startRun(id, { ...say('two'), delivery: 'queue' })
  // A process that closes starts nothing new.
  const closing = before.sessions.close()
  await closing
  await before.stop()
  const plain = await folder.serve({ agent: wordsAgent, owner: 'one' })
  await plain.sessions.cancelRun(id, 'by hand').catch(() => {})
  expect((await plain.sessions.get(id)).queued).toEqual([])
  expect(
    (await plain.sessions.history(id)).filter(({ type, runId }) => type === 'run.cancelled' && runId === run.id),
  ).toHaveLength(1)
})

test('cancelling withdraws what is queued, too, and names each', async () => {
  const stage = createStage()
  const service = await folder.serve({ agent: stage.agent })
  const { sessions } = service
  const { id } = await sessions.create(scratch)
  const one = await sessions.startRun(id, say('one'))
  await stage.task()
  const two = await sessions.startRun(id, { ...say('two'), delivery: 'queue' })
  await sessions.cancelRun(id, 'enough')
  const ends = (await sessions.history(id)).filter(({ type }) => type === 'run.cancelled').map(({ runId }) => runId)
  expect(ends.sort()).toEqual([one.run.id, two.run.id].sort())
  expect(await sessions.get(id)).toMatchObject({ queued: [], run: { id: one.run.id, status: 'cancelled' } })
})

test('an input that interrupts ends the active run and starts its own; what is queued comes after', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  const one = await sessions.startRun(id, say('one'))
  await stage.task()
  const queued = await sessions.startRun(id, { ...say('later'), delivery: 'queue' })
  const now = await sessions.startRun(id, { ...say('now'), delivery: 'interrupt' })
  expect(now.run.status).toBe('running')
  const log = await sessions.history(id)
  expect(log.find(({ type }) => type === 'run.cancelled')?.runId).toBe(one.run.id)
  expect((await stage.task()).runId).toBe(now.run.id)
  // The run that was cancelled still takes one.
  void stage.yield(finished())
  void stage.yield(finished())
  expect((await stage.task()).runId).toBe(queued.run.id)
})

test('the same key and request admit one input, whatever the delivery; another request with the key is refused', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('one'))
  for (const delivery of ['steer', 'queue'] as const) {
    const key = `key ${delivery}`
    const first = await sessions.startRun(id, { ...say('again'), delivery }, key)
    const second = await sessions.startRun(id, { ...say('again'), delivery }, key)
    expect(second.run.id).toBe(first.run.id)
    await expect(sessions.startRun(id, { ...say('else'), delivery }, key)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
  }
  const admitted = (await sessions.history(id)).filter(({ type }) => type === 'input.admitted')
  expect(admitted).toHaveLength(3)
})

test('more inputs than may wait are refused with the number, and nothing is lost', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('one'))
  for (let count = 0; count < queuedRunsMax; count += 1) {
    await sessions.startRun(id, { ...say(`${count}`), delivery: 'queue' })
  }
  await expect(sessions.startRun(id, { ...say('too many'), delivery: 'queue' })).rejects.toMatchObject({
    code: 'queue_full',
  })
  expect((await sessions.get(id)).queued).toHaveLength(queuedRunsMax)
})

test('a run that ends while inputs steer it from all sides answers or keeps every one of them', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('a b c'))
  await Promise.all(Array.from({ length: 20 }, (_, n) => sessions.startRun(id, { ...say(`s${n}`), delivery: 'steer' })))
  await untilEnd(sessions, id)
  const admitted = (await sessions.history(id)).filter(({ type }) => type === 'input.admitted')
  expect(admitted).toHaveLength(21)
})

test('approvals are listed, answered once, and told apart from those that wait no more', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  const { log } = await stage.task()
  await stage.yield(event({ type: 'tool.called', stepId: 's', data: { callId: 'c', name: 'rm', arguments: '{}' } }))
  await stage.yield(
    event({
      type: 'approval.asked',
      stepId: 's',
      data: { approvalId: 'a', kind: 'tool', callId: 'c', message: 'May rm run?' },
    }),
  )
  expect(await sessions.approvals(id)).toMatchObject([{ id: 'a', kind: 'tool', call: { name: 'rm' } }])
  await expect(sessions.answerApproval(id, 'b', { answer: 'accept' })).rejects.toMatchObject({
    code: 'unknown_approval',
  })
  await sessions.answerApproval(id, 'a', { answer: 'decline', message: 'no' })
  await sessions.answerApproval(id, 'a', { answer: 'decline' })
  await expect(sessions.answerApproval(id, 'a', { answer: 'accept' })).rejects.toMatchObject({
    code: 'approval_closed',
  })
  expect(await sessions.approvals(id)).toEqual([])
  expect(log.events.filter(({ type }) => type === 'approval.answered')).toHaveLength(1)
})

test('an approval of a run that has ended waits no more', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  await stage.task()
  await stage.yield(
    event({ type: 'approval.asked', data: { approvalId: 'a', kind: 'tool', callId: 'c', message: '?' } }),
  )
  await sessions.cancelRun(id)
  expect(await sessions.approvals(id)).toEqual([])
  await expect(sessions.answerApproval(id, 'a', { answer: 'accept' })).rejects.toMatchObject({
    code: 'approval_closed',
  })
})

test('an approval is answered while its run is interrupted, and holds when the run goes on', async () => {
  const stage = createStage()
  const before = await folder.serve({ agent: stage.agent })
  const { id } = await before.sessions.create(scratch)
  await before.sessions.startRun(id, say('go'))
  await stage.task()
  await stage.yield(
    event({ type: 'approval.asked', data: { approvalId: 'a', kind: 'tool', callId: 'c', message: '?' } }),
  )
  await before.stop()
  const next = createStage()
  const { sessions } = await folder.serve({ agent: next.agent })
  expect(await sessions.approvals(id)).toHaveLength(1)
  await sessions.answerApproval(id, 'a', { answer: 'accept' })
  await sessions.recover({ resume: true })
  const { log } = await next.task()
  expect(log.events.some((each) => each.type === 'approval.answered' && each.data.answer === 'accept')).toBe(true)
})
