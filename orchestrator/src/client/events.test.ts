import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SessionEvent } from '../events/index.js'
import { type CuttingProxy, createCuttingProxy } from '../http/cutting-proxy.fixture.js'
import { type Bench, createBench, token } from '../http/server.fixture.js'
import { createStage, event, finished, notice, type Stage } from '../sessions/agent.fixture.js'
import { type Client, createClient } from './index.js'

const noticesMax = 12
const streamLimits = { heartbeatMs: 50, stallMs: 30_000, reconnectMs: 5 }

describe('with a server', () => {
  let bench: Bench
  let stage: Stage
  let proxy: CuttingProxy
  let client: Client
  beforeEach(async () => {
    stage = createStage()
    proxy = await createCuttingProxy(() => Number(new URL(bench.server.url).port))
    bench = await createBench({ agent: stage.agent, streamLimits, allowedHosts: [`127.0.0.1:${proxy.port}`] })
    client = createClient({ url: `http://127.0.0.1:${proxy.port}`, token, retryFirstMs: 1 })
  })
  afterEach(async () => {
    await bench.dispose()
    await proxy.close()
  })

  test('every seq comes once and in order, however often the stream is cut', async () => {
    const id = await bench.session()
    await client.runs.start(id, { input: 'x' })
    const seqs: number[] = []
    for await (const each of client.events(id)) {
      if ('seq' in each) seqs.push(each.seq)
      if (each.type === 'run.started' || each.type === 'notice') await act(seqs.length)
      if (each.type === 'run.finished') break
    }
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    expect(seqs.length).toBeGreaterThan(noticesMax)
  })

  test('a run is followed over cuts to its end', async () => {
    const id = await bench.session()
    const messages: string[] = []
    for await (const each of client.run(id, { input: 'x' })) {
      if (each.type === 'notice') messages.push(each.data.message)
      if (each.type === 'run.started' || each.type === 'notice') await act(messages.length)
    }
    expect(messages.length).toBeGreaterThanOrEqual(noticesMax)
    expect(new Set(messages).size).toBe(messages.length)
  })

  /** Cuts the stream before, between or after two notices, then ends the run. */
  async function act(count: number): Promise<void> {
    if (count % 3 === 0) proxy.cut()
    // The stage answers when the agent goes on, which it does not do after its end.
    if (count > noticesMax) void stage.yield(finished())
    else await stage.yield(notice(`${count}`))
    if (count % 3 === 1) proxy.cut()
    if (count % 3 === 2) setTimeout(proxy.cut, 5)
  }

  test('pieces come as they are made, and a late follower gets what there is', async () => {
    const id = await bench.session()
    await client.runs.start(id, { input: 'x' })
    await stage.yield(event({ type: 'step.started', stepId: 's', data: { model: 'm', attempt: 1 } }))
    await stage.yield(event({ type: 'text.started', stepId: 's', data: {} }, 'text'))
    await stage.yield({ kind: 'delta', type: 'text.delta', part: 'text', text: 'early ' })
    const types: string[] = []
    for await (const each of client.events(id)) {
      types.push(each.type)
      if (each.type === 'part.snapshot') {
        expect(each.data.text).toBe('early ')
        await stage.yield({ kind: 'delta', type: 'text.delta', part: 'text', text: 'late' })
      }
      if (each.type === 'text.delta') break
    }
    expect(types.slice(-2)).toEqual(['part.snapshot', 'text.delta'])
    await client.runs.cancel(id)
  })

  test('it begins after the seq that is given', async () => {
    const id = await bench.session()
    await client.sessions.change(id, { title: 'x' })
    for await (const each of client.events(id, { after: 1 })) {
      expect(each).toMatchObject({ seq: 2 })
      break
    }
  })

  test('it ends when the session is removed', async () => {
    const id = await bench.session()
    const types: string[] = []
    for await (const each of client.events(id)) {
      types.push(each.type)
      if (each.type === 'session.created') await client.sessions.remove(id)
    }
    expect(types[0]).toBe('session.created')
  })

  test('a session that never was is an error', async () => {
    await expect(first(client.events('ses_none'))).rejects.toMatchObject({ status: 404, code: 'unknown_session' })
  })
})

describe('a stream that misbehaves', () => {
  const frame = (seq: number, type = 'session.renamed') =>
    `id: ${seq}\ndata: ${JSON.stringify({ v: 1, seq, sessionId: 's', time: new Date(0).toISOString(), type, data: { title: 'x' } })}\n\n`

  /** A client of streams that end after the given text; those without an end stay open. */
  function streaming(bodies: { text: string; open?: boolean; type?: string }[], options = {}) {
    const asked: (string | null)[] = []
    const freed: string[] = []
    const client = createClient({
      url: 'http://api.test',
      retryFirstMs: 1,
      ...options,
      fetch: async (_, init) => {
        asked.push(new Headers(init?.headers).get('last-event-id'))
        const body = bodies.shift()
        if (body === undefined) throw new TypeError('fetch failed')
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(body.text))
            if (!body.open) controller.close()
          },
          cancel: () => void freed.push(body.text),
        })
        return new Response(stream, { headers: { 'content-type': body.type ?? 'text/event-stream' } })
      },
    })
    return { client, asked, freed }
  }

  test('that repeats itself and cuts an event is read once, from where it was', async () => {
    const { client, asked } = streaming([
      { text: `${frame(1)}${frame(2)}data: {"half` },
      { text: `${frame(2)}${frame(3)}` },
      { text: `${frame(4)}${frame(5, 'session.closed').replace('title', 'reason')}` },
    ])
    const events = await all(client.events('s'))
    expect(events.map((each) => 'seq' in each && each.seq)).toEqual([1, 2, 3, 4, 5])
    expect(asked).toEqual(['0', '2', '3'])
  })

  test('that is silent is left, and come back to', async () => {
    const { client, asked } = streaming(
      [{ text: frame(1), open: true }, { text: frame(2, 'session.closed').replace('title', 'reason') }],
      { silenceMsMax: 30 },
    )
    expect(await all(client.events('s'))).toHaveLength(2)
    expect(asked).toEqual(['0', '1'])
  })

  test('is left by a signal at once, also where fetch does not know signals', async () => {
    const { client } = streaming([{ text: frame(1), open: true }])
    const ending = new AbortController()
    for await (const each of client.events('s', { signal: ending.signal })) {
      expect(each.type).toBe('session.renamed')
      setTimeout(() => ending.abort(), 5)
    }
  })

  test('is freed when the loop over it is left', async () => {
    const { client, freed } = streaming([{ text: frame(1), open: true }])
    await first(client.events('s'))
    expect(freed).toEqual([frame(1)])
  })

  test('with a type of a newer server is read on', async () => {
    const { client } = streaming([
      { text: `${frame(1, 'session.painted')}${frame(2, 'session.closed').replace('title', 'reason')}` },
    ])
    expect(await all(client.events('s'))).toMatchObject([{ seq: 2 }])
  })

  test.each([
    ['an event of a wrong shape', { text: frame(1).replace('"title":"x"', '"title":7') }],
    ['no JSON', { text: 'data: hello\n\n' }],
    ['a page', { text: '<html>', type: 'text/html' }],
  ])('with %s is an error', async (_, body) => {
    await expect(all(streaming([body]).client.events('s'))).rejects.toMatchObject({ code: 'bad_answer' })
  })

  test('is given up after so many attempts without an event', async () => {
    const { client, asked } = streaming([{ text: frame(1) }], { reconnectsMax: 3 })
    await expect(all(client.events('s'))).rejects.toMatchObject({ code: 'unreachable' })
    expect(asked).toEqual(['0', '1', '1', '1'])
  })
})

async function first(events: AsyncIterable<SessionEvent>): Promise<SessionEvent | undefined> {
  for await (const each of events) return each
  return undefined
}

async function all(events: AsyncIterable<SessionEvent>): Promise<SessionEvent[]> {
  const list = []
  for await (const each of events) list.push(each)
  return list
}
