import { expect, test } from 'vitest'
import { createClient } from './index.js'

type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'cut' | 'hang'

/** A client of a server that answers as told, each reply once; the requests are kept. */
function against(replies: Reply[], options: Partial<Parameters<typeof createClient>[0]> = {}) {
  const requests: { method: string; key: string | null }[] = []
  const client = createClient({
    url: 'http://api.test',
    retryFirstMs: 1,
    ...options,
    fetch: async (_, init) => {
      requests.push({ method: init?.method ?? '', key: new Headers(init?.headers).get('idempotency-key') })
      const reply = replies.shift() ?? 'cut'
      if (reply === 'cut') throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
      if (reply === 'hang') return new Promise((_resolve, reject) => onAbort(init?.signal, reject))
      const { status, body, headers = {} } = reply
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
    },
  })
  return { client, requests }
}

function onAbort(signal: AbortSignal | null | undefined, reject: (reason: unknown) => void) {
  signal?.addEventListener('abort', () => reject(signal.reason))
}

const run = { run: { id: 'run_1', sessionId: 'ses_1', status: 'running' } }
const busy = { status: 503, body: { error: { code: 'storage_failed', message: 'The disk is full.', details: {} } } }

test('a read is repeated until it is answered', async () => {
  const { client, requests } = against(['cut', busy, { status: 200, body: { models: [] } }])
  expect(await client.models.list()).toEqual([])
  expect(requests).toHaveLength(3)
})

test('a read is given up after its repeats, with what was wrong', async () => {
  const { client, requests } = against([], { retriesMax: 2 })
  await expect(client.models.list()).rejects.toMatchObject({
    status: 0,
    code: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
  expect(requests).toHaveLength(3)
})

test('the start of a run is repeated with one key, which is made when none is given', async () => {
  const made = against(['cut', { status: 202, body: run }])
  expect(await made.client.runs.start('ses_1', { input: 'x' })).toEqual(run.run)
  const [first, second] = made.requests
  expect(first?.key).toMatch(/^[0-9a-f]{32}$/)
  expect(second?.key).toBe(first?.key)
  const given = against([busy, { status: 202, body: run }])
  await given.client.runs.start('ses_1', { input: 'x' }, { idempotencyKey: 'mine' })
  expect(given.requests.map(({ key }) => key)).toEqual(['mine', 'mine'])
})

test('two starts have two keys', async () => {
  const { client, requests } = against([1, 2].map(() => ({ status: 202, body: run })))
  await client.runs.start('ses_1', { input: 'x' })
  await client.runs.start('ses_1', { input: 'x' })
  expect(requests[0]?.key).not.toBe(requests[1]?.key)
})

test('a change without a key is not repeated', async () => {
  for (const change of ['create', 'cancel', 'change', 'remove'] as const) {
    const { client, requests } = against(['cut', 'cut'])
    const calls = {
      create: () => client.sessions.create(),
      cancel: () => client.runs.cancel('ses_1'),
      change: () => client.sessions.change('ses_1', { title: 'x' }),
      remove: () => client.sessions.remove('ses_1'),
    }
    await expect(calls[change](), change).rejects.toMatchObject({ code: 'unreachable' })
    expect(requests, change).toHaveLength(1)
  }
})

test('a server that asks for a long wait is not waited for', async () => {
  const reply = { ...busy, status: 429, headers: { 'retry-after': '3600' } }
  const { client, requests } = against([reply, reply])
  await expect(client.models.list()).rejects.toMatchObject({ status: 429, retryAfterMs: 3_600_000 })
  expect(requests).toHaveLength(1)
})

test('a refusal is not repeated', async () => {
  const body = { error: { code: 'unknown_session', message: 'There is none.', details: { id: 'x' } } }
  const { client, requests } = against([{ status: 404, body }])
  await expect(client.sessions.get('x')).rejects.toMatchObject({ status: 404, ...body.error })
  expect(requests).toHaveLength(1)
})

test.each([
  ['a page of a proxy', { status: 200, body: '<html>' }, 200],
  ['JSON of another service', { status: 200, body: { models: [{}] } }, 200],
  ['an error of a proxy', { status: 403, body: 'Forbidden' }, 403],
  ['an empty answer', { status: 200, body: '' }, 200],
])('%s is told as such', async (_, reply, status) => {
  const { client } = against([reply])
  await expect(client.models.list()).rejects.toMatchObject({ status, code: 'bad_answer' })
})

test('a call that is not answered in time fails, and names the time', async () => {
  const { client } = against(['hang'], { timeoutMs: 20 })
  await expect(client.models.list()).rejects.toMatchObject({ code: 'timeout', details: { timeoutMs: 20 } })
})

test('a call ends with its signal, with its reason', async () => {
  const ending = new AbortController()
  const { client } = against(['hang'])
  const call = client.models.list({ signal: ending.signal })
  const reason = new Error('no longer wanted')
  ending.abort(reason)
  await expect(call).rejects.toBe(reason)
  await expect(client.models.list({ signal: ending.signal })).rejects.toBe(reason)
})
