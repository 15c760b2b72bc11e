import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Agent } from '../events/index.js'
import { createStage, event, finished, notice, wordsAgent } from './agent.fixture.js'
import { stopGraceMs } from './runner.js'
import { createFolder, type Folder, isStored, say, untilEnd } from './service.fixture.js'

let folder: Folder
beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.dispose())

const scratch = { workspace: null, sandbox: 'auto' as const }

test('a run is logged from its input to its end, and followed with its deltas', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create({ ...scratch, model: 'm1' })
  const { run, after } = await sessions.startRun(id, say('one tool two'))
  expect(after).toBe(1)
  const seen = await untilEnd(sessions, id)
  const log = seen.filter(isStored)
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
  expect(log.map(({ type }) => type)).toEqual([
    'session.created',
    'input.admitted',
    'run.started',
    'step.started',
    'text.started',
    'tool.called',
    'tool.started',
    'tool.finished',
    'text.finished',
    'step.finished',
    'run.finished',
  ])
  expect(log.slice(1).every(({ runId }) => runId === run.id)).toBe(true)
  expect(await sessions.history(id)).toEqual(log)
  expect((await sessions.get(id)).run).toEqual({ id: run.id, sessionId: id, status: 'completed' })
  expect(log.find(({ type }) => type === 'step.started')?.data).toMatchObject({ model: 'm1' })
})

test('an event is in the log before the agent goes on', async () => {
  let check: (runId: string) => Promise<number> = async () => 0
  const tails: number[] = []
  const agent: Agent = async function* ({ sessionId }) {
    for (let index = 0; index < 5; index += 1) {
      yield notice(`event ${index}`)
      tails.push(await check(sessionId))
    }
    yield finished()
  }
  const { sessions, store } = await folder.serve({ agent })
  check = (id) => store.tail(id)
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  await untilEnd(sessions, id)
  expect(tails).toEqual([4, 5, 6, 7, 8])
})

test('the agent is given the whole history, the workspace and the model of the run', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const session = await sessions.create({ ...scratch, model: 'of the session' })
  await sessions.startRun(session.id, { ...say('first'), limits: { iterations: 3 } })
  const first = await stage.task()
  expect(first).toMatchObject({ sessionId: session.id, workspace: session.workspace, model: 'of the session' })
  expect(first.log.events.map(({ type }) => type)).toEqual(['session.created', 'input.admitted', 'run.started'])
  expect(first.log.events[2]?.data).toMatchObject({ limits: { iterations: 3 } })
  void stage.yield(finished())
  await untilEnd(sessions, session.id)
  await sessions.startRun(session.id, { ...say('second'), model: 'of the run' })
  const second = await stage.task()
  expect(second.model).toBe('of the run')
  expect(second.log.events.filter(({ type }) => type === 'run.started')).toHaveLength(2)
})

test('a second run waits for nobody: it is refused while one is active, and nothing is logged', async () => {
  const { sessions, store } = await folder.serve({ agent: createStage().agent })
  const { id } = await sessions.create(scratch)
  const { run } = await sessions.startRun(id, say('long'))
  const failure = { code: 'run_active', details: { runId: run.id } }
  await expect(sessions.startRun(id, say('short'))).rejects.toMatchObject(failure)
  await expect(sessions.continueRun(id, {})).rejects.toMatchObject(failure)
  expect(await store.tail(id)).toBe(3)
})

test('of many starts at once one wins', async () => {
  const { sessions } = await folder.serve({ agent: createStage().agent })
  const { id } = await sessions.create(scratch)
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => sessions.startRun(id, say('go'))))
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a repeated key finds the run it made, also after a restart, and another request under it is refused', async () => {
  const before = await folder.serve({ agent: wordsAgent })
  const { id } = await before.sessions.create(scratch)
  const twice = await Promise.all([1, 2].map(() => before.sessions.startRun(id, say('go'), 'key')))
  expect(twice[0]?.run.id).toBe(twice[1]?.run.id)
  await untilEnd(before.sessions, id)
  await before.sessions.startRun(id, say('other'), 'other key')
  await before.stop()

  const { sessions } = await folder.serve({ agent: wordsAgent })
  const repeated = await sessions.startRun(id, say('go'), 'key')
  expect(repeated).toMatchObject({ run: { id: twice[0]?.run.id, status: 'completed' }, after: 1 })
  await expect(sessions.startRun(id, say('else'), 'key')).rejects.toMatchObject({ code: 'idempotency_conflict' })
  await expect(sessions.continueRun(id, {}, 'key')).rejects.toMatchObject({ code: 'idempotency_conflict' })
})

test.each([
  ['refuse', { code: 'agent_failed', message: 'Expected a key, found none; set one.' }],
  ['break', { code: 'internal', message: 'a bug' }],
])('an agent that throws (%s) fails its run and leaves the session usable', async (word, data) => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say(word))
  const end = (await untilEnd(sessions, id)).at(-1)
  expect(end).toMatchObject({ type: 'run.failed', data })
  await sessions.startRun(id, say('again'))
  const after = end !== undefined && isStored(end) ? end.seq : 0
  expect((await untilEnd(sessions, id, after)).at(-1)).toMatchObject({ type: 'run.finished' })
})

test.each<[string, Agent]>([
  ['ends without an end', async function* () {}],
  [
    'throws before it begins',
    () => {
      throw new Error('no generator')
    },
  ],
  [
    'speaks into a part that nothing opened',
    async function* () {
      yield { kind: 'delta', type: 'text.delta', part: 'text:9', text: 'x' }
    },
  ],
])('an agent that %s fails its run', async (_, agent) => {
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  expect((await untilEnd(sessions, id)).at(-1)).toMatchObject({ type: 'run.failed', data: { code: 'internal' } })
})

test('what an agent yields after its end is not logged', async () => {
  const agent: Agent = async function* () {
    yield finished()
    yield notice('too late')
  }
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  await untilEnd(sessions, id)
  await sessions.change(id, { title: 'after' })
  expect((await sessions.history(id)).map(({ type }) => type).slice(-2)).toEqual(['run.finished', 'session.renamed'])
})

test('the end of a sub-agent inside a run does not end the run', async () => {
  const agent: Agent = async function* ({ runId }) {
    const data = { code: 'x', message: 'y' }
    yield event({ type: 'run.failed', runId: 'run_child', parentRunId: runId, data })
    yield finished()
  }
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  const { run } = await sessions.startRun(id, say('go'))
  const log = (await untilEnd(sessions, id)).filter(isStored)
  expect(log.slice(-2)).toMatchObject([
    { type: 'run.failed', runId: 'run_child', parentRunId: run.id },
    { type: 'run.finished', runId: run.id },
  ])
  expect((await sessions.get(id)).run).toMatchObject({ id: run.id, status: 'completed' })
})

test('cancel answers when the run has ended in the log', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  const { run } = await sessions.startRun(id, say('wait'))
  const cancelled = await sessions.cancelRun(id, 'enough')
  expect(cancelled).toEqual({ run: { id: run.id, sessionId: id, status: 'cancelled' }, hanging: [] })
  expect((await sessions.history(id)).at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
})

test('cancel gives up on an agent that hangs, names the call that did not stop, and leaves the session usable', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('hangtool'))
  await untilType(sessions, id, 'tool.started')
  const began = performance.now()
  const cancelled = await Promise.all([sessions.cancelRun(id), sessions.cancelRun(id)])
  expect(performance.now() - began).toBeLessThan(stopGraceMs + 500)
  expect(cancelled[0]).toMatchObject({
    run: { status: 'cancelled' },
    hanging: [{ callId: 'call_1', name: 'read_file' }],
  })
  const log = await sessions.history(id)
  expect(log.slice(-3)).toMatchObject([
    { type: 'notice', data: { code: 'cancel_incomplete' } },
    { type: 'tool.finished', data: { callId: 'call_1', ok: false } },
    { type: 'run.cancelled' },
  ])
  expect(log.filter(({ type }) => type === 'run.cancelled')).toHaveLength(1)
  await sessions.startRun(id, say('again'))
  expect((await untilEnd(sessions, id, log.length)).at(-1)).toMatchObject({ type: 'run.finished' })
})

test('a session can be renamed while it runs, and its run goes on', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  const yields = Array.from({ length: 20 }, (_, index) => stage.yield(notice(`${index}`)))
  const names = Array.from({ length: 20 }, (_, index) => sessions.change(id, { title: `name ${index}` }))
  await Promise.all([...yields, ...names])
  expect(await sessions.get(id)).toMatchObject({ title: 'name 19', run: { status: 'running' } })
  void stage.yield(finished())
  const log = (await untilEnd(sessions, id)).filter(isStored)
  expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 44 }, (_, index) => index + 1))
})

test('cancelling what has ended changes nothing, and what never began is refused', async () => {
  const { sessions, store } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await expect(sessions.cancelRun(id)).rejects.toMatchObject({ code: 'no_active_run' })
  await sessions.startRun(id, say('go'))
  await untilEnd(sessions, id)
  const tail = await store.tail(id)
  expect(await sessions.cancelRun(id)).toMatchObject({ run: { status: 'completed' }, hanging: [] })
  expect(await store.tail(id)).toBe(tail)
})

test('a run that met a limit is continued by a new run with the same model and tools', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  const { run } = await sessions.startRun(id, { ...say('limit'), model: 'm', tools: ['read_file'] })
  const seen = await untilEnd(sessions, id)
  const next = await sessions.continueRun(id, { limits: { iterations: 30 } })
  expect(next.run.id).not.toBe(run.id)
  const started = (await untilEnd(sessions, id, seen.filter(isStored).length)).find(
    ({ type }) => type === 'run.started',
  )
  expect(started?.data).toEqual({ continues: run.id, model: 'm', tools: ['read_file'], limits: { iterations: 30 } })
})

test('there is nothing to continue before the first run and after a completed one', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await expect(sessions.continueRun(id, {})).rejects.toMatchObject({ code: 'nothing_to_continue' })
  await sessions.startRun(id, say('go'))
  await untilEnd(sessions, id)
  await expect(sessions.continueRun(id, {})).rejects.toMatchObject({ code: 'nothing_to_continue' })
})

test('an unknown session is told as such by every method', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const id = 'ses_none'
  const signal = new AbortController().signal
  const attempts = [
    () => sessions.get(id),
    () => sessions.change(id, { title: 'x' }),
    () => sessions.remove(id),
    () => sessions.startRun(id, say('x')),
    () => sessions.continueRun(id, {}),
    () => sessions.cancelRun(id),
    () => sessions.history(id),
    () => sessions.follow(id, { after: 0, signal }),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'unknown_session' })
})

test('a workspace must be an existing directory, named from the root', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  const paths = ['relative', '', './x', file, join(folder.path, 'none'), join(file, 'below'), `${folder.path}\0x`]
  for (const workspace of paths) {
    await expect(sessions.create({ workspace, sandbox: 'auto' })).rejects.toMatchObject({ code: 'bad_workspace' })
  }
  expect(await sessions.list({ limit: 10 })).toEqual([])
})

test('a workspace is kept by its real path, and outlives its session', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const real = join(folder.path, 'real')
  await mkdir(real)
  await writeFile(join(real, 'kept'), '')
  await symlink(real, join(folder.path, 'link'))
  const session = await sessions.create({ workspace: join(folder.path, 'link'), sandbox: 'auto' })
  expect(session).toMatchObject({ workspace: real, scratch: false })
  await sessions.remove(session.id)
  expect(await readdir(real)).toEqual(['kept'])
})

test('removing a session cancels its run, ends its followers, and takes its log and its scratch folder away', async () => {
  const { sessions, store } = await folder.serve({ agent: wordsAgent })
  const { id, workspace } = await sessions.create(scratch)
  expect((await stat(workspace)).isDirectory()).toBe(true)
  await sessions.startRun(id, say('wait'))
  const signal = new AbortController().signal
  const follower = (async () => {
    const types: string[] = []
    for await (const batch of await sessions.follow(id, { after: 0, signal }))
      types.push(...batch.map(({ type }) => type))
    return types
  })()
  await untilType(sessions, id, 'text.started')
  await sessions.remove(id)
  expect((await follower).slice(-2)).toEqual(['run.cancelled', 'session.closed'])
  await expect(stat(workspace)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(sessions.get(id)).rejects.toMatchObject({ code: 'unknown_session' })
  expect(await store.tail(id)).toBe(0)
})

test('whatever comes while a session is removed finds it there or gone', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  for (let round = 0; round < 5; round += 1) {
    const { id } = await sessions.create(scratch)
    await sessions.startRun(id, say('wait'))
    const asks = Array.from({ length: 24 }, (_, index) =>
      index % 2 === 0 ? sessions.remove(id) : sessions.change(id, { title: `${index}` }).then(() => undefined),
    )
    const outcomes = await Promise.allSettled(asks)
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(new Set(codes)).toEqual(new Set(['unknown_session']))
  }
})

test('a follower that begins after the end of the log is refused', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  const from = { after: 2, signal: new AbortController().signal }
  await expect(sessions.follow(id, from)).rejects.toMatchObject({ code: 'bad_cursor', details: { tail: 1 } })
})

test('a follower misses nothing when processes write the session in turns', async () => {
  const one = await folder.serve({ agent: wordsAgent, owner: 'one' })
  const two = await folder.serve({ agent: wordsAgent, owner: 'two' })
  const { id } = await one.sessions.create(scratch)
  const seqs: number[] = []
  const reading = (async () => {
    for await (const batch of await one.sessions.follow(id, { after: 0, signal: AbortSignal.timeout(10_000) })) {
      seqs.push(...batch.filter(isStored).map(({ seq }) => seq))
      if (batch.some((item) => item.type === 'session.renamed' && item.data.title === 'last')) break
    }
  })()
  await one.sessions.change(id, { title: 'seen live' })
  for (let index = 0; index < 5; index += 1) {
    await two.sessions.change(id, { title: `by two ${index}` })
    await one.sessions.change(id, { title: `by one ${index}` })
  }
  await one.sessions.change(id, { title: 'last' })
  await reading
  expect(seqs).toEqual(Array.from({ length: 13 }, (_, index) => index + 1))
})

test('a closed service refuses changes', async () => {
  const { sessions } = await folder.serve({ agent: wordsAgent })
  const { id } = await sessions.create(scratch)
  await sessions.close()
  await expect(sessions.startRun(id, say('x'))).rejects.toMatchObject({ code: 'shutting_down' })
})

async function untilType(sessions: Awaited<ReturnType<Folder['serve']>>['sessions'], id: string, type: string) {
  const abort = new AbortController()
  for await (const batch of await sessions.follow(id, { after: 0, signal: abort.signal })) {
    if (batch.some((candidate) => candidate.type === type)) return
  }
}

test('an event that could not be read back fails its run and does not get into the log', async () => {
  const image = { type: 'image' as const, data: 'no base64!', mimeType: 'image/png' }
  const agent: Agent = async function* () {
    yield event({ type: 'tool.finished', data: { callId: 'call_1', ok: true, content: [image], meta: {} } })
    yield finished()
  }
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  const log = (await untilEnd(sessions, id)).filter(isStored)
  expect(log.at(-1)).toMatchObject({ type: 'run.failed', data: { code: 'internal' } })
  expect(await sessions.history(id)).toEqual(log)
})

test('an event that could not be read back is not written: its run fails and the session lives on', async () => {
  const usage = { input: 1e300, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }
  const agent: Agent = async function* ({ log }) {
    if (log.events.length < 5) yield event({ type: 'run.finished', data: { status: 'completed', usage, cost: 0 } })
    else yield finished()
  }
  const { sessions } = await folder.serve({ agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('a'))
  expect((await untilEnd(sessions, id)).at(-1)).toMatchObject({ type: 'run.failed', data: { code: 'internal' } })
  const { run, after } = await sessions.startRun(id, say('b'))
  expect((await untilEnd(sessions, id, after)).at(-1)).toMatchObject({ type: 'run.finished', runId: run.id })
})
