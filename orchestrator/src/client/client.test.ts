import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Agent, SessionEvent } from '../events/index.js'
import { type Bench, createBench, token } from '../http/server.fixture.js'
import { event, finished, wordsAgent } from '../sessions/agent.fixture.js'
import { ApiError, type Client, createClient } from './index.js'

let bench: Bench
let client: Client
beforeEach(async () => {
  bench = await createBench({ agent: wordsAgent })
  client = createClient({ url: bench.server.url, token })
})
afterEach(() => bench.dispose())

describe('sessions', () => {
  test('are created, shown, changed, exported and removed', async () => {
    const session = await client.sessions.create({ title: 'First' })
    expect(session).toMatchObject({ title: 'First', scratch: true, queued: [] })
    expect(await client.sessions.get(session.id)).toEqual(session)
    expect(await client.sessions.change(session.id, { title: 'Second' })).toMatchObject({ title: 'Second' })
    expect((await client.sessions.export(session.id)).trim().split('\n')).toHaveLength(2)
    expect(await client.sessions.messages(session.id)).toHaveLength(2)
    expect(await client.sessions.remove(session.id)).toBeUndefined()
    await expect(client.sessions.get(session.id)).rejects.toMatchObject({ status: 404, code: 'unknown_session' })
  })

  test('are listed page by page, and all of them one after the other', async () => {
    const ids = []
    for (let count = 0; count < 5; count += 1) ids.push((await client.sessions.create()).id)
    const page = await client.sessions.list({ limit: 2 })
    expect(page.sessions).toHaveLength(2)
    expect(page.nextCursor).not.toBeNull()
    const all = []
    for await (const { id } of client.sessions.all({ limit: 2 })) all.push(id)
    expect(all.toSorted()).toEqual(ids.toSorted())
  })

  test('are forked and reverted between two turns only', async () => {
    const { id } = await client.sessions.create()
    const events = await collect(client.run(id, { input: 'one' }))
    const end = events.at(-1)
    const seq = end !== undefined && 'seq' in end ? end.seq : 0
    expect(await client.sessions.fork(id, { seq })).toMatchObject({ parent: { sessionId: id, seq } })
    expect(await client.sessions.revert(id, 1)).toMatchObject({ id })
    await expect(client.sessions.revert(id, 3)).rejects.toMatchObject({ status: 409, code: 'not_a_boundary' })
  })
})

describe('a run', () => {
  test('is started, and cancelled with what waits', async () => {
    const { id } = await client.sessions.create()
    const run = await client.runs.start(id, { input: 'wait' })
    expect(run).toMatchObject({ sessionId: id, status: 'running' })
    const queued = await client.runs.start(id, { input: 'later', delivery: 'queue' })
    expect(queued.status).toBe('queued')
    expect(await client.runs.cancel(id, 'enough')).toMatchObject({ run: { id: run.id, status: 'cancelled' } })
    expect((await client.sessions.get(id)).queued).toEqual([])
    expect(await client.runs.continue(id)).toMatchObject({ status: 'running' })
    await client.runs.cancel(id)
  })

  test('yields its events from its input to its end', async () => {
    const { id } = await client.sessions.create()
    await collect(client.run(id, { input: 'before' }))
    const events = await collect(client.run(id, { input: 'one two' }))
    expect(events[0]).toMatchObject({ type: 'input.admitted', data: { content: [{ text: 'one two' }] } })
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } })
    expect(events.some(({ type }) => type === 'text.finished')).toBe(true)
  })

  test('that interrupts yields nothing of the run before it', async () => {
    const { id } = await client.sessions.create()
    const first = await client.runs.start(id, { input: 'wait' })
    const events = await collect(client.run(id, { input: 'second', delivery: 'interrupt' }))
    expect(events.filter(({ runId }) => runId === first.id)).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'run.finished' })
  })

  test('that waits ends when it is withdrawn', async () => {
    const { id } = await client.sessions.create()
    await client.runs.start(id, { input: 'wait' })
    const events = []
    for await (const each of client.run(id, { input: 'later', delivery: 'queue' })) {
      events.push(each)
      if (each.type === 'input.admitted') await client.runs.cancel(id)
    }
    expect(events.map(({ type }) => type)).toEqual(['input.admitted', 'run.cancelled'])
  })

  test('that is steered is followed from its own beginning', async () => {
    const { id } = await client.sessions.create()
    const run = await client.runs.start(id, { input: 'wait' })
    const events = []
    for await (const each of client.run(id, { input: 'left', delivery: 'steer' })) {
      events.push(each)
      if (each.type === 'input.admitted' && each.data.delivery === 'steer') await client.runs.cancel(id)
    }
    expect(events[0]).toMatchObject({ type: 'input.admitted', runId: run.id, data: { delivery: 'start' } })
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', runId: run.id })
  })

  test('is refused with the code and the details of the server', async () => {
    const { id } = await client.sessions.create()
    const { id: runId } = await client.runs.start(id, { input: 'wait' })
    const refused = collect(client.run(id, { input: 'another' }))
    await expect(refused).rejects.toBeInstanceOf(ApiError)
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'run_active', details: { runId } })
    await client.runs.cancel(id)
  })

  test('ends with the signal, without an error', async () => {
    const { id } = await client.sessions.create()
    const ending = new AbortController()
    const types: string[] = []
    for await (const { type } of client.run(id, { input: 'one wait' }, { signal: ending.signal })) {
      types.push(type)
      if (type === 'text.started') ending.abort()
    }
    expect(types.at(-1)).toBe('text.started')
    await client.runs.cancel(id)
  })
})

test('a run is followed into the session in which it continues', async () => {
  const other = await createBench({ agent: continuingAgent })
  try {
    const follower = createClient({ url: other.server.url, token })
    const { id } = await follower.sessions.create()
    const events = await collect(follower.run(id, { input: 'go' }))
    const ends = events.filter(({ type }) => type === 'run.finished')
    expect(ends).toMatchObject([{ sessionId: id, data: { status: 'continued' } }, { data: { status: 'completed' } }])
    expect(ends[1]?.sessionId).not.toBe(id)
    expect(events.at(-1)).toBe(ends[1])
  } finally {
    await other.dispose()
  }
})

test('approvals, models and tools are listed; an unknown approval is refused', async () => {
  const { id } = await client.sessions.create()
  expect(await client.approvals.list(id)).toEqual([])
  await expect(client.approvals.answer(id, 'apr_1', { answer: 'accept' })).rejects.toMatchObject({
    code: 'unknown_approval',
  })
  expect(await client.models.list()).toEqual([])
  expect(await client.tools.list()).toEqual([])
})

test('health needs no token, and everything else does', async () => {
  const stranger = createClient({ url: `${bench.server.url}/` })
  expect(await stranger.health.alive()).toEqual({ ok: true })
  expect(await stranger.health.ready()).toEqual({ ok: true })
  await expect(stranger.sessions.list()).rejects.toMatchObject({ status: 401, code: 'unauthorized' })
  await expect(collect(stranger.events('ses_1'))).rejects.toMatchObject({ status: 401 })
})

test('an id cannot lead to another route', async () => {
  for (const id of ['', '.', '..']) {
    await expect(client.sessions.get(id)).rejects.toMatchObject({ status: 0, code: 'invalid_request' })
  }
  await expect(client.sessions.get('../settings')).rejects.toMatchObject({ status: 404, code: 'unknown_session' })
})

/** Goes on in a next session once, then is done. */
const continuingAgent: Agent = async function* ({ log, openNext }) {
  const created = log.events[0]
  if (created?.type === 'session.created' && created.data.parent === undefined) {
    const next = await openNext({ key: 'call_1', content: [{ type: 'text', text: 'the rest' }] })
    yield event({ type: 'continued', data: { callId: 'call_1', ...next } })
    const usage = { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }
    yield event({ type: 'run.finished', data: { status: 'continued', usage, cost: null } })
  } else yield finished()
}

async function collect(events: AsyncIterable<SessionEvent>): Promise<SessionEvent[]> {
  const all = []
  for await (const each of events) all.push(each)
  return all
}
