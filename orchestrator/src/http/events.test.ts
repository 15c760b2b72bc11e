import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { EventSource } from 'eventsource'
import { afterEach, expect, test } from 'vitest'
import { type Agent, type DeltaEvent, deltaTypeSchema, type StoredEvent, storedEventSchema } from '../events/index.js'
import { createStage, event, finished, notice, type Stage, wordsAgent } from '../sessions/agent.fixture.js'
import { createCuttingProxy } from './cutting-proxy.fixture.js'
import {
  type Bench,
  type BenchOptions,
  bareStream,
  createBench,
  type Frame,
  parseFrames,
  token,
} from './server.fixture.js'

const streamLimits = { heartbeatMs: 10_000, stallMs: 30_000, reconnectMs: 10 }
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(options: BenchOptions): Promise<Bench> {
  const bench = await createBench({ streamLimits, ...options })
  ends.push(bench.dispose)
  return bench
}

const durableTypes = storedEventSchema.options.map((option) => option.shape.type.value)
const liveTypes = [...deltaTypeSchema.options, 'part.snapshot']

/** Everything an EventSource delivers, and a way to wait until something was seen. */
function collect(source: EventSource) {
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  for (const type of [...durableTypes, ...liveTypes]) {
    source.addEventListener(type, ({ lastEventId, data }) => {
      // EventSource also dispatches an `error` of its own, without data, when a connection breaks.
      if (data === undefined) return
      frames.push({ id: lastEventId, event: type, data: JSON.parse(data) })
      for (const check of waiting) check()
    })
  }
  const until = (seen: (frame: Frame) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!frames.some(seen)) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  return {
    frames,
    until,
    untilType: (type: string) => until((frame) => frame.event === type),
    durable: () => frames.filter(({ data }) => 'seq' in data).map(({ data }): StoredEvent => data),
    live: () => frames.filter(({ data }) => !('seq' in data)).map(({ data }): DeltaEvent => data),
  }
}

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

test('a stream cut ten times at random shows an EventSource every durable event once, in order', async () => {
  const count = 400
  let cut = () => {}
  const cuts = new Set(Array.from({ length: 10 }, (_, index) => 20 + index * 38 + Math.floor(Math.random() * 30)))
  const agent: Agent = async function* () {
    yield event({ type: 'text.started', data: {} }, 'text:1')
    for (let index = 0; index < count; index += 1) {
      yield notice(`event ${index} ${'x'.repeat(Math.floor(Math.random() * 500))}`)
      yield { kind: 'delta', type: 'text.delta', part: 'text:1', text: `${index} ` }
      if (cuts.has(index)) cut()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    yield finished()
  }
  let port = 0
  const proxy = await createCuttingProxy(() => port)
  cut = proxy.cut
  ends.push(proxy.close)
  const bench = await start({ agent, allowedHosts: [`127.0.0.1:${proxy.port}`] })
  port = Number(new URL(bench.server.url).port)
  const id = await bench.session()
  const source = bench.source(id, '', `http://127.0.0.1:${proxy.port}`)
  let errors = 0
  source.addEventListener('error', () => {
    errors += 1
  })
  const seen = collect(source)
  await seen.untilType('session.created')
  await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  await seen.untilType('run.finished')
  const log = await bench.service.sessions.history(id)
  expect(seen.durable()).toEqual(log)
  expect(errors).toBeGreaterThanOrEqual(10)
})

test('frames carry the seq as id, the type as event, and only durable ones an id', async () => {
  const bench = await start({ agent: wordsAgent })
  const id = await bench.session()
  const { body } = await bench.call(
    'POST',
    `/v1/sessions/${id}/runs`,
    { input: 'one tool' },
    { accept: 'text/event-stream' },
  )
  for (const { id: frameId, event: type, data } of parseFrames(body)) {
    expect(type).toBe(data.type)
    expect(frameId).toBe('seq' in data ? String(data.seq) : undefined)
    expect(data).toMatchObject({ v: 1, sessionId: id })
  }
  expect(body).toMatch(/^retry: 10\n\n/)
})

test('a late joiner gets a snapshot of each open part, then the deltas that follow, and no piece twice', async () => {
  const { bench, id, stage } = await startStaged()
  const say = (text: string) => stage.yield({ kind: 'delta', type: 'text.delta', part: 'text:1', text })
  const argue = (key: string, text: string) =>
    stage.yield({ kind: 'delta', type: 'tool.arguments.delta', part: key, text })
  await stage.yield(event({ type: 'step.started', stepId: 's', data: { model: 'm', attempt: 1 } }))
  await stage.yield(event({ type: 'text.started', stepId: 's', data: {} }, 'text:1'))
  await say('Hello ')
  await say('wörld')
  await argue('call_1', '{"a":')
  await argue('call_2', '{"b"')

  const seen = collect(bench.source(id))
  await seen.until((frame) => frame.event === 'part.snapshot' && frame.data.data.key === 'call_2')
  await say('!')
  await argue('call_1', '1}')
  await stage.yield(event({ type: 'text.finished', stepId: 's', data: { text: 'Hello wörld!' } }, 'text:1'))
  await seen.untilType('text.finished')
  expect(seen.live().map(({ type, data }) => ({ type, ...data }))).toEqual([
    { type: 'part.snapshot', of: 'text.delta', part: 5, offset: 0, text: 'Hello wörld' },
    { type: 'part.snapshot', of: 'tool.arguments.delta', part: 4, key: 'call_1', offset: 0, text: '{"a":' },
    { type: 'part.snapshot', of: 'tool.arguments.delta', part: 4, key: 'call_2', offset: 0, text: '{"b"' },
    { type: 'text.delta', part: 5, offset: 11, text: '!' },
    { type: 'tool.arguments.delta', part: 4, key: 'call_1', offset: 5, text: '1}' },
  ])

  const later = collect(bench.source(id))
  await later.until((frame) => frame.event === 'part.snapshot' && frame.data.data.key === 'call_2')
  expect(later.live().map(({ data }) => data.key)).toEqual(['call_1', 'call_2'])
})

test('a discarded step and the end of a run close every part', async () => {
  const { bench, id, stage } = await startStaged()
  await stage.yield(event({ type: 'step.started', stepId: 's', data: { model: 'm', attempt: 1 } }))
  await stage.yield(event({ type: 'text.started', stepId: 's', data: {} }, 'text:1'))
  await stage.yield({ kind: 'delta', type: 'text.delta', part: 'text:1', text: 'lost' })
  await stage.yield(event({ type: 'step.discarded', stepId: 's', data: { reason: 'cut' } }))
  await stage.yield(event({ type: 'reasoning.started', stepId: 't', data: {} }, 'reasoning:1'))
  await stage.yield({ kind: 'delta', type: 'reasoning.delta', part: 'reasoning:1', text: 'hm' })
  const during = collect(bench.source(id))
  await during.untilType('part.snapshot')
  expect(during.live()).toMatchObject([{ data: { of: 'reasoning.delta', text: 'hm' } }])
  void stage.yield(finished())
  await during.untilType('run.finished')
  const after = collect(bench.source(id))
  await after.untilType('run.finished')
  await bench.call('PATCH', `/v1/sessions/${id}`, { title: 'a last event' })
  await after.untilType('session.renamed')
  expect(after.live()).toEqual([])
})

test('Last-Event-ID wins over ?after=, and both replay everything after them', async () => {
  const bench = await start({ agent: wordsAgent })
  const id = await bench.session()
  await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'one two' }, { accept: 'text/event-stream' })
  const tail = (await bench.service.sessions.history(id)).length
  const first = async (query: string, headers: Record<string, string> = {}) => {
    const socket = bareStream(bench.server, id, query, headers)
    const text = await readUntil(socket, `id: ${tail}\n`)
    socket.destroy()
    return /id: (\d+)/.exec(text)?.[1]
  }
  expect(await first('')).toBe('1')
  expect(await first('?after=0')).toBe('1')
  expect(await first('?after=3')).toBe('4')
  expect(await first('?after=3', { 'Last-Event-ID': '5' })).toBe('6')
})

test.each(['-1', '1.5', 'x', '', '99999999999999999999', '2'])('a stream after %j is refused', async (after) => {
  const bench = await start({ agent: wordsAgent })
  const id = await bench.session()
  const answer = await bench.call('GET', `/v1/sessions/${id}/events?after=${after}`)
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'bad_cursor' } } })
})

test('an unknown session is refused before a stream begins, and an EventSource gives up', async () => {
  const bench = await start({ agent: wordsAgent })
  const answer = await bench.call('GET', '/v1/sessions/ses_none/events')
  expect(answer).toMatchObject({ status: 404, body: { error: { code: 'unknown_session' } } })
  const source = bench.source('ses_none')
  const [error] = await once(source, 'error')
  expect(error).toMatchObject({ code: 404 })
  expect(source.readyState).toBe(source.CLOSED)
})

test('a HEAD request for a stream is answered and ends', async () => {
  const bench = await start({ agent: wordsAgent })
  const id = await bench.session()
  expect((await bench.call('HEAD', `/v1/sessions/${id}/events`)).status).toBe(200)
  expect((await bench.call('HEAD', '/v1/sessions/ses_none/events')).status).toBe(404)
})

test('many followers each see every event once, whenever they join', async () => {
  const { bench, id, stage } = await startStaged()
  const all = []
  for (let index = 0; index < 20; index += 1) {
    all.push(collect(bench.source(id)))
    for (let more = 0; more < 5; more += 1) await stage.yield(notice(`${index}.${more}`))
  }
  void stage.yield(finished())
  for (const seen of all) {
    await seen.untilType('run.finished')
    expect(seen.durable().map(({ seq }) => seq)).toEqual(upTo(104))
  }
})

test('a quiet stream carries heartbeats', async () => {
  const bench = await start({ agent: wordsAgent, streamLimits: { ...streamLimits, heartbeatMs: 20 } })
  const id = await bench.session()
  const socket = bareStream(bench.server, id)
  await readUntil(socket, ': heartbeat\n\n')
  socket.destroy()
})

test('a reader that takes nothing is cut off, delays nobody, and finds the rest when it comes back', async () => {
  const { bench, id, stage } = await startStaged({ streamLimits: { ...streamLimits, stallMs: 200 } })
  const stalled = bareStream(bench.server, id)
  const quick = collect(bench.source(id))
  const beginning = await readUntil(stalled, 'event: run.started')
  stalled.pause()
  for (let index = 0; index < 60; index += 1) await stage.yield(notice('x'.repeat(200_000)))
  void stage.yield(finished())
  await quick.untilType('run.finished')
  expect(quick.durable()).toHaveLength(64)

  await refused(stalled)
  const taken = beginning + (await readToEnd(stalled))
  const last = Number([...taken.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1])
  expect(last).toBeLessThan(64)
  const complete = taken.slice(0, taken.lastIndexOf('\n\n') + 2)
  const before = parseFrames(complete.slice(complete.indexOf('retry:'))).map(({ data }) => data.seq)
  const rest = collect(bench.source(id, `?after=${before.at(-1)}`))
  await rest.untilType('run.finished')
  expect([...before, ...rest.durable().map(({ seq }) => seq)]).toEqual(upTo(64))
})

test('a stalled reader on a quiet session is cut off too, by its heartbeats', async () => {
  const { bench, id, stage } = await startStaged({ streamLimits: { ...streamLimits, stallMs: 200 } })
  const stalled = bareStream(bench.server, id)
  await readUntil(stalled, 'event: run.started')
  stalled.pause()
  await stage.yield(notice('x'.repeat(8_000_000)))
  await refused(stalled)
})

test('the server closes at once although streams are open, one of them stalled', async () => {
  const { bench, id, stage } = await startStaged()
  const stalled = bareStream(bench.server, id)
  await readUntil(stalled, 'event: run.started')
  stalled.pause()
  await stage.yield(notice('x'.repeat(8_000_000)))
  const idle = bareStream(bench.server, id)
  await readUntil(idle, 'event: run.started')
  const began = performance.now()
  const [text] = await Promise.all([readToEnd(idle), bench.server.close()])
  expect(performance.now() - began).toBeLessThan(4_000)
  expect(text.endsWith('0\r\n\r\n')).toBe(true)
  stalled.destroy()
})

test('the server closes at once although connections are open on which nothing was asked', async () => {
  const { bench, id } = await startStaged()
  const { hostname, port } = new URL(bench.server.url)
  const silent = connect(Number(port), hostname)
  await once(silent, 'connect')
  const stop = new AbortController()
  const left = await fetch(`${bench.server.url}/v1/sessions/${id}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  })
  stop.abort()
  await left.text().catch(() => {})
  const began = performance.now()
  await bench.server.close()
  expect(performance.now() - began).toBeLessThan(1_000)
  silent.destroy()
})

test('the removal of its session ends a stream', async () => {
  const { bench, id } = await startStaged()
  const socket = bareStream(bench.server, id)
  await readUntil(socket, 'event: run.started')
  const [text] = await Promise.all([readToEnd(socket), bench.call('DELETE', `/v1/sessions/${id}`)])
  expect(text).toMatch(/event: run\.cancelled[\s\S]*event: session\.closed/)
})

async function startStaged(options: Partial<BenchOptions> = {}): Promise<{ bench: Bench; id: string; stage: Stage }> {
  const stage = createStage()
  const bench = await start({ agent: stage.agent, ...options })
  const id = await bench.session()
  await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  return { bench, id, stage }
}

function readUntil(socket: Socket, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes(mark)) return
      socket.off('data', onData)
      resolve(text)
    }
    socket.on('data', onData)
    socket.on('close', () => reject(new Error(`The stream ended before ${mark}: ${text.slice(-200)}`)))
  })
}

async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.resume()
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** Resolves when the other side has destroyed the connection, without reading from it: what we write is refused. */
function refused(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const write = () => socket.write('x', (error) => (error ? resolve() : setTimeout(write, 20)))
    write()
  })
}
