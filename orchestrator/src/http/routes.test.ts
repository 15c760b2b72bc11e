import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { wordsAgent } from '../sessions/agent.fixture.js'
import { bodyBytesMax } from './body-limit.js'
import { type Bench, createBench, parseFrames, rawCall, token } from './server.fixture.js'

let bench: Bench
beforeEach(async () => {
  bench = await createBench({ agent: wordsAgent })
})
afterEach(() => bench.dispose())

test('a session is created, shown, renamed, listed and removed', async () => {
  const created = await bench.call('POST', '/v1/sessions', { title: ' First ', model: 'm' })
  expect(created).toMatchObject({ status: 201, body: { session: { title: 'First', model: 'm', scratch: true } } })
  const { id } = created.body.session
  expect(await bench.call('GET', `/v1/sessions/${id}`)).toMatchObject({ status: 200, body: created.body })
  const renamed = await bench.call('PATCH', `/v1/sessions/${id}`, { title: 'Second' })
  expect(renamed).toMatchObject({ status: 200, body: { session: { id, title: 'Second' } } })
  const list = await bench.call('GET', '/v1/sessions')
  expect(list.body).toEqual({ sessions: [renamed.body.session], nextCursor: null })
  expect(await bench.call('DELETE', `/v1/sessions/${id}`)).toMatchObject({ status: 204, body: '' })
  expect(await bench.call('GET', `/v1/sessions/${id}`)).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown_session' } },
  })
  expect((await bench.call('GET', '/v1/sessions')).body.sessions).toEqual([])
})

test('sessions are listed page by page and found by a word', async () => {
  const ids: string[] = []
  for (let index = 0; index < 5; index += 1) {
    ids.unshift((await bench.call('POST', '/v1/sessions', { title: `session ${index}` })).body.session.id)
  }
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await bench.call('GET', `/v1/sessions?limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.sessions.map(({ id }: { id: string }) => id))
    if (body.nextCursor === null) break
    cursor = body.nextCursor
  }
  expect(seen.sort()).toEqual(ids.sort())
  const { body } = await bench.call('GET', '/v1/sessions?search=ION%203')
  expect(body.sessions).toHaveLength(1)
  for (const query of ['limit=0', 'limit=x', 'limit=101', 'cursor=%20', 'cursor=abc']) {
    expect((await bench.call('GET', `/v1/sessions?${query}`)).status, query).toBe(400)
  }
})

test('a run answers at once, and its end shows in the session', async () => {
  const id = await bench.session()
  const run = await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'wait' })
  expect(run).toMatchObject({ status: 202, body: { run: { sessionId: id, status: 'running' } } })
  const second = await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  expect(second).toMatchObject({
    status: 409,
    body: { error: { code: 'run_active', details: { runId: run.body.run.id } } },
  })
  const cancelled = await bench.call('POST', `/v1/sessions/${id}/cancel`)
  expect(cancelled).toMatchObject({
    status: 200,
    body: { run: { id: run.body.run.id, status: 'cancelled' }, hanging: [] },
  })
  const continued = await bench.call('POST', `/v1/sessions/${id}/continue`, {})
  expect(continued).toMatchObject({ status: 202, body: { run: { status: 'running' } } })
  await bench.call('POST', `/v1/sessions/${id}/cancel`, { reason: 'enough' })
})

test('a run streams its events in the same response, and the response ends with it', async () => {
  const id = await bench.session()
  const accept = { accept: 'text/event-stream' }
  const run = await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'one two' }, accept)
  expect(run.status).toBe(200)
  expect(run.headers.get('content-type')).toMatch('text/event-stream')
  const frames = parseFrames(run.body)
  expect(frames[0]).toMatchObject({ id: '2', event: 'input.admitted' })
  expect(frames.at(-1)).toMatchObject({ event: 'run.finished' })
  expect(frames.every(({ event, data }) => event === data.type)).toBe(true)
  const refused = await bench.call('POST', `/v1/sessions/${id}/continue`, {}, accept)
  expect(refused).toMatchObject({ status: 409, body: { error: { code: 'nothing_to_continue' } } })
})

test('an Idempotency-Key makes a repeat safe, also one that streams', async () => {
  const id = await bench.session()
  const key = { 'idempotency-key': 'k1' }
  const [one, two] = await Promise.all(
    [1, 2].map(() => bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' }, key)),
  )
  expect(one?.body.run.id).toBe(two?.body.run.id)
  const streamed = await bench.call(
    'POST',
    `/v1/sessions/${id}/runs`,
    { input: 'go' },
    { ...key, accept: 'text/event-stream' },
  )
  const frames = parseFrames(streamed.body)
  expect(frames.at(-1)).toMatchObject({ event: 'run.finished', data: { runId: one?.body.run.id } })
  const other = await bench.call('POST', `/v1/sessions/${id}/runs`, { input: 'stop' }, key)
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } })
  const long = await bench.call(
    'POST',
    `/v1/sessions/${id}/runs`,
    { input: 'x' },
    { 'idempotency-key': 'x'.repeat(300) },
  )
  expect(long.status).toBe(400)
})

test('messages are what the injected function makes of the log', async () => {
  const id = await bench.session()
  const { body } = await bench.call('GET', `/v1/sessions/${id}/messages`)
  expect(body).toEqual({ messages: [{ role: 'session.created' }] })
})

test('models, tools, version and links are shown', async () => {
  expect((await bench.call('GET', '/v1/models')).body).toEqual({ models: [] })
  expect((await bench.call('GET', '/v1/tools')).body).toEqual({ tools: [] })
  expect((await bench.call('GET', '/')).body).toMatchObject({
    name: 'AuroraCoder',
    version: '1.2.3',
    links: { sessions: '/v1/sessions' },
  })
})

test('the OpenAPI document names every route, and the shapes of sessions, events and errors', async () => {
  const { status, body } = await bench.call('GET', '/openapi.json')
  expect(status).toBe(200)
  expect(body.openapi).toBe('3.1.0')
  expect(Object.keys(body.paths).sort()).toEqual([
    '/healthz',
    '/readyz',
    '/v1/models',
    '/v1/sessions',
    '/v1/sessions/{id}',
    '/v1/sessions/{id}/approvals',
    '/v1/sessions/{id}/approvals/{approvalId}',
    '/v1/sessions/{id}/cancel',
    '/v1/sessions/{id}/continue',
    '/v1/sessions/{id}/events',
    '/v1/sessions/{id}/export',
    '/v1/sessions/{id}/fork',
    '/v1/sessions/{id}/messages',
    '/v1/sessions/{id}/revert',
    '/v1/sessions/{id}/runs',
    '/v1/sessions/{id}/workspace/diff',
    '/v1/sessions/{id}/workspace/download',
    '/v1/sessions/{id}/workspace/file',
    '/v1/sessions/{id}/workspace/tree',
    '/v1/sessions/{id}/workspace/upload',
    '/v1/tools',
  ])
  expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining(['Session', 'Run', 'Error', 'Event']))
  expect(JSON.stringify(body.components.schemas.Event)).toMatch('tool.corrected')
})

test.each<[string, string, unknown, number, string]>([
  ['a body that is no JSON', '/v1/sessions', '{"title":', 400, 'malformed_json'],
  ['a body that is no object', '/v1/sessions', '[]', 400, 'invalid_request'],
  ['a body that is null', '/v1/sessions', 'null', 400, 'invalid_request'],
  ['an unknown field', '/v1/sessions', { titel: 'x' }, 400, 'invalid_request'],
  ['a workspace of the wrong type', '/v1/sessions', { workspace: 5 }, 400, 'invalid_request'],
  ['a relative workspace', '/v1/sessions', { workspace: 'here' }, 400, 'bad_workspace'],
  ['a workspace that does not exist', '/v1/sessions', { workspace: '/no/such/place' }, 400, 'bad_workspace'],
  ['an unknown sandbox', '/v1/sessions', { sandbox: 'none' }, 400, 'invalid_request'],
  ['a title of blanks', '/v1/sessions', { title: '  ' }, 400, 'invalid_request'],
  ['a run without input', '/v1/sessions/ID/runs', {}, 400, 'invalid_request'],
  ['an empty input', '/v1/sessions/ID/runs', { input: '' }, 400, 'invalid_request'],
  ['an input of no blocks', '/v1/sessions/ID/runs', { input: [] }, 400, 'invalid_request'],
  [
    'an image that is no base64',
    '/v1/sessions/ID/runs',
    { input: [{ type: 'image', data: '?', mimeType: 'image/png' }] },
    400,
    'invalid_request',
  ],
  ['a delivery that is not there', '/v1/sessions/ID/runs', { input: 'x', delivery: 'pigeon' }, 400, 'invalid_request'],
  ['a limit of zero', '/v1/sessions/ID/runs', { input: 'x', limits: { iterations: 0 } }, 400, 'invalid_request'],
  ['an unknown limit', '/v1/sessions/ID/runs', { input: 'x', limits: { steps: 3 } }, 400, 'invalid_request'],
  ['an unknown session', '/v1/sessions/ses_x/runs', { input: 'x' }, 404, 'unknown_session'],
  ['a session id that is a path', '/v1/sessions/..%2F..%2Fetc/runs', { input: 'x' }, 404, 'unknown_session'],
  ['cancelling where nothing ran', '/v1/sessions/ID/cancel', {}, 409, 'no_active_run'],
  ['continuing where nothing ran', '/v1/sessions/ID/continue', {}, 409, 'nothing_to_continue'],
  ['an unknown route', '/v1/nothing', {}, 404, 'unknown_route'],
])('%s is refused with a stable code', async (_, path, body, status, code) => {
  const id = await bench.session()
  const answer = await bench.call('POST', path.replace('ID', id), body)
  expect(answer).toMatchObject({ status, body: { error: { code } } })
  expect(Object.keys(answer.body)).toEqual(['error'])
  expect(Object.keys(answer.body.error)).toEqual(['code', 'message', 'details'])
  expect((await bench.service.sessions.history(id)).map(({ type }) => type)).toEqual(['session.created'])
  expect((await bench.call('GET', '/v1/sessions')).body.sessions).toHaveLength(1)
})

test('a file as workspace is refused', async () => {
  const file = join(bench.folder.path, 'file')
  await writeFile(file, '')
  expect(await bench.call('POST', '/v1/sessions', { workspace: file })).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_workspace' } },
  })
})

test('a body that is not JSON by its type is refused, and so is none where one is needed', async () => {
  const id = await bench.session()
  const form = await bench.call('POST', '/v1/sessions', 'title=x', {
    'content-type': 'application/x-www-form-urlencoded',
  })
  expect(form).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } })
  const none = await bench.call('POST', `/v1/sessions/${id}/runs`)
  expect(none.status).toBe(400)
})

test('a body over the limit is refused, announced or not, and the server goes on', async () => {
  const id = await bench.session()
  const input = 'x'.repeat(bodyBytesMax)
  const announced = await bench.call('POST', `/v1/sessions/${id}/runs`, { input }).catch((error: unknown) => error)
  // A client that is still sending when the answer comes may see the connection close instead.
  if (!(announced instanceof Error))
    expect(announced).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } })
  const unannounced = await sendInChunks(`/v1/sessions/${id}/runs`, { input }).catch((error: unknown) => error)
  if (!(unannounced instanceof Error)) expect(unannounced).toMatchObject({ status: 413 })
  expect((await bench.service.sessions.history(id)).length).toBe(1)
  expect((await bench.call('GET', '/healthz')).status).toBe(200)
})

test('an error of our own is told without its words, and the session stays usable', async () => {
  await bench.dispose()
  bench = await createBench({
    agent: wordsAgent,
    toMessages: () => {
      throw new Error('secret inner words')
    },
  })
  const id = await bench.session()
  const answer = await bench.call('GET', `/v1/sessions/${id}/messages`)
  expect(answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } })
  expect(JSON.stringify(answer.body)).not.toMatch('secret')
  expect((await bench.call('GET', `/v1/sessions/${id}`)).status).toBe(200)
})

test('a request target that cannot be read is refused in the same shape', async () => {
  const answer = await rawCall(`${bench.server.url}/`, { host: 'bad host' })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.body).toMatchObject({ error: { details: {} } })
})

test('a body sent in chunks is read like any other', async () => {
  const created = await sendInChunks('/v1/sessions', { title: 'in chunks' })
  expect(created.status).toBe(201)
  expect(await created.json()).toMatchObject({ session: { title: 'in chunks' } })
})

function sendInChunks(path: string, body: unknown): Promise<Response> {
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(JSON.stringify(body)))
      controller.close()
    },
  })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(new URL(path, bench.server.url), { method: 'POST', body: chunks, duplex: 'half', headers })
}
