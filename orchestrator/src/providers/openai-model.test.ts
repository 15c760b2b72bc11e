import { createServer, type Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { usageSchema } from '../events/index.js'
import { createScriptedModel, type ScriptInput } from '../scripted-model/index.js'
import { builtInProviders, chooseModel, createModel, type Model, type ModelEvent, type ModelRequest } from './index.js'

const request: ModelRequest = {
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: {} } }],
  outputTokensMax: 1_000,
}

function modelAt(url: string, options: { key?: string; thinking?: boolean } = {}): Model {
  const env = { DEEPSEEK_BASE_URL: url, ...(options.key === undefined ? {} : { DEEPSEEK_API_KEY: options.key }) }
  return createModel({
    choice: chooseModel({ providers: builtInProviders(env), env }),
    timeouts: { firstByteMs: 2_000, idleMs: 2_000, totalMs: 5_000 },
    ...(options.thinking === undefined ? {} : { thinking: options.thinking }),
  })
}

async function scripted(script: ScriptInput) {
  const endpoint = await createScriptedModel({ script })
  onTestFinished(() => endpoint.close())
  return { endpoint, model: modelAt(endpoint.url) }
}

/** A server that answers every request with one body. */
async function server(options: { body: string | string[]; type?: string; status?: number }): Promise<string> {
  const http = createServer((_, response) => {
    response.writeHead(options.status ?? 200, { 'content-type': options.type ?? 'text/event-stream' })
    for (const piece of [options.body].flat()) response.write(piece)
    response.end()
  })
  return listen(http)
}

async function listen(http: Server): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => http.close(() => resolve())))
  const address = http.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

async function collect(model: Model, signal = new AbortController().signal): Promise<ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of model.stream(request, signal)) events.push(event)
  return events
}

async function answer(model: Model) {
  const last = (await collect(model)).at(-1)
  return last?.type === 'complete' ? last.answer : undefined
}

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const done = 'data: [DONE]\n\n'

test('deltas add up to the answer, which comes once and last', async () => {
  const { model } = await scripted({
    steps: [{ reply: { reasoning: 'Hm, 漢字.', text: 'Hi 🙂', calls: [{ name: 'read', arguments: { a: 1 } }] } }],
  })
  const events = await collect(model)
  const joined = (type: string) =>
    events.map((event) => (event.type === type && event.type !== 'complete' ? event.text : '')).join('')
  expect([joined('reasoning'), joined('text'), joined('arguments')]).toEqual(['Hm, 漢字.', 'Hi 🙂', '{"a":1}'])
  expect(events.filter(({ type }) => type === 'complete')).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({
    answer: { finishReason: 'tool_calls', text: 'Hi 🙂', calls: [{ name: 'read', arguments: '{"a":1}' }] },
  })
})

test('the request asks for thinking as the provider’s data says, and never forces a tool', async () => {
  const { endpoint, model } = await scripted({ steps: [{ when: {}, reply: { text: 'Hi' } }] })
  await collect(model)
  await collect(modelAt(endpoint.url, { thinking: false }))
  expect(endpoint.requests.map(({ body }) => body)).toMatchObject([
    { thinking: { type: 'enabled' }, max_tokens: 1_000, stream_options: { include_usage: true } },
    { thinking: { type: 'disabled' } },
  ])
  expect(endpoint.requests[0]?.body).not.toHaveProperty('tool_choice')
})

test('a key is sent as a bearer token, and without one there is no such header', async () => {
  const seen: (string | undefined)[] = []
  const http = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunk({ content: 'x' }, 'stop') + done)
  })
  const url = await listen(http)
  await collect(modelAt(url))
  await collect(modelAt(url, { key: 'secret' }))
  expect(seen).toEqual([undefined, 'Bearer secret'])
})

test('credentials of another service in the environment stay there', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'other-key')
  vi.stubEnv('OPENAI_ADMIN_KEY', 'other-admin')
  vi.stubEnv('OPENAI_ORG_ID', 'other-org')
  vi.stubEnv('OPENAI_PROJECT_ID', 'other-project')
  vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'Authorization: Bearer other-custom')
  onTestFinished(() => void vi.unstubAllEnvs())
  const seen: string[] = []
  const http = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers))
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunk({ content: 'x' }, 'stop') + done)
  })
  const url = await listen(http)
  await collect(modelAt(url))
  await collect(modelAt(url, { key: 'mine' }))
  expect(seen).toHaveLength(2)
  expect(seen.join()).not.toContain('other-')
})

test('[DONE] before a finish reason is no answer', async () => {
  const url = await server({ body: chunk({ content: 'x' }) + done })
  await expect(answer(modelAt(url))).rejects.toMatchObject({ code: 'interrupted', retryable: true })
})

test('a compressed body without its end is a failed attempt', async () => {
  const whole = gzipSync(chunk({ content: 'x'.repeat(5_000) }, 'stop') + done)
  const http = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end(whole.subarray(0, whole.length - 12))
  })
  await expect(answer(modelAt(await listen(http)))).rejects.toMatchObject({ code: 'interrupted', retryable: true })
})

test('what follows [DONE] is not read', async () => {
  const url = await server({ body: chunk({ content: 'x' }, 'stop') + done + chunk({ content: 'y' }) })
  expect((await answer(modelAt(url)))?.text).toBe('x')
})

test('an error in the stream is a failed attempt that says what the endpoint said', async () => {
  const url = await server({ body: `${chunk({ content: 'x' })}data: {"error": {"message": "out of memory"}}\n\n` })
  await expect(answer(modelAt(url))).rejects.toMatchObject({
    code: 'interrupted',
    message: expect.stringContaining('out of memory'),
  })
})

test('a chunk that is no JSON is a failed attempt', async () => {
  const url = await server({ body: 'data: {"choices": [\n\n' })
  await expect(answer(modelAt(url))).rejects.toMatchObject({ code: 'interrupted' })
})

test('a page in place of a stream is refused with what was found and what to check', async () => {
  const url = await server({ body: '<html>', type: 'text/html' })
  await expect(answer(modelAt(url))).rejects.toMatchObject({
    code: 'bad_answer',
    retryable: false,
    message: expect.stringMatching(/text\/html where text\/event-stream.*base URL/),
  })
})

test('an endpoint that is not there can be tried again', async () => {
  const { endpoint, model } = await scripted({ steps: [{ reply: { text: 'x' } }] })
  await endpoint.close()
  await expect(answer(model)).rejects.toMatchObject({ code: 'connect', retryable: true })
})

test('calls that start anew under one index without ids are told apart by their names', async () => {
  const piece = (name: string | undefined, args: string) =>
    chunk({ tool_calls: [{ index: 0, function: { ...(name ? { name } : {}), arguments: args } }] })
  const url = await server({
    body: [piece('read', '{"a"'), piece(undefined, ':1}'), piece('write', '{}'), chunk({}, 'tool_calls'), done],
  })
  expect((await answer(modelAt(url)))?.calls).toEqual([
    { name: 'read', arguments: '{"a":1}' },
    { name: 'write', arguments: '{}' },
  ])
})

test('a server that repeats id and name in every piece makes one call', async () => {
  const piece = (args: string) =>
    chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'read', arguments: args } }] })
  const url = await server({ body: [piece('{"a"'), piece(':1}'), chunk({}, 'tool_calls'), done] })
  expect((await answer(modelAt(url)))?.calls).toEqual([{ name: 'read', arguments: '{"a":1}' }])
})

test('calls whose pieces come interleaved are put together by their index', async () => {
  const piece = (index: number, call: object) => chunk({ tool_calls: [{ index, ...call }] })
  const url = await server({
    body: [
      piece(0, { id: 'x', function: { name: 'read', arguments: '{"a"' } }),
      piece(1, { id: 'y', function: { name: 'write', arguments: '{"b"' } }),
      piece(0, { function: { arguments: ':1}' } }),
      piece(1, { function: { arguments: ':2}' } }),
      chunk({}, 'tool_calls'),
      done,
    ],
  })
  expect((await answer(modelAt(url)))?.calls.map((call) => call.arguments)).toEqual(['{"a":1}', '{"b":2}'])
})

test('two calls of one tool under one index without ids are told apart where the first is whole', async () => {
  const piece = (args: string) => chunk({ tool_calls: [{ index: 0, function: { name: 'read', arguments: args } }] })
  const url = await server({ body: [piece('{"a":1}'), piece('{"a":2}'), chunk({}, 'tool_calls'), done] })
  expect((await answer(modelAt(url)))?.calls.map((call) => call.arguments)).toEqual(['{"a":1}', '{"a":2}'])
})

test('a call whose name comes with every piece takes no longer the longer it gets', async () => {
  const text = `{"text":"${'} '.repeat(500)}`
  const piece = (args: string) => chunk({ tool_calls: [{ index: 0, function: { name: 'read', arguments: args } }] })
  const pieces = [piece(text), ...Array.from({ length: 4_000 }, () => piece('} '.repeat(500))), piece('"}')]
  const url = await server({ body: [...pieces, chunk({}, 'tool_calls'), done] })
  const calls = (await answer(modelAt(url)))?.calls
  expect(calls).toHaveLength(1)
  expect(calls?.[0]?.arguments).toHaveLength(4_001 * 1_000 + 11)
})

test('of a refusal without an end only the beginning is read', async () => {
  const http = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'text/plain' })
    const more = () => {
      while (!response.destroyed && response.write('no '.repeat(10_000)));
    }
    response.on('drain', more)
    more()
  })
  const failure = await answer(modelAt(await listen(http))).catch((error: Error) => error.message)
  expect(failure).toMatch(/^DeepSeek refused.*no no|400.*no no/)
  http.closeAllConnections()
})

test('cached tokens are read in OpenAI’s spelling too', async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 7 } }
  const url = await server({ body: [chunk({ content: 'x' }, 'stop'), `data: ${JSON.stringify({ usage })}\n\n`, done] })
  expect((await answer(modelAt(url)))?.usage).toEqual({ input: 10, output: 4, reasoning: 0, cacheHit: 7, cacheMiss: 3 })
})

test('usage too large to be true is cut to numbers that the log can hold', async () => {
  const usage = { prompt_tokens: 1e300, completion_tokens: Number.MAX_SAFE_INTEGER }
  const url = await server({ body: [chunk({ content: 'x' }, 'stop'), `data: ${JSON.stringify({ usage })}\n\n`, done] })
  const counted = (await answer(modelAt(url)))?.usage
  expect(usageSchema.safeParse(counted).success).toBe(true)
  expect(usageSchema.shape.input.safeParse(1_000 * (counted?.input ?? 0)).success).toBe(true)
})

test('usage that makes no sense is bent until it adds up', async () => {
  const usage = { prompt_tokens: 5, completion_tokens: -3, prompt_cache_hit_tokens: 99 }
  const url = await server({ body: [chunk({ content: 'x' }, 'stop'), `data: ${JSON.stringify({ usage })}\n\n`, done] })
  expect((await answer(modelAt(url)))?.usage).toEqual({ input: 5, output: 0, reasoning: 0, cacheHit: 5, cacheMiss: 0 })
})

test('an abort throws its own reason and lets go of the connection', async () => {
  const { endpoint, model } = await scripted({ steps: [{ reply: { text: 'x' }, fault: { stallAtByte: 300 } }] })
  const stop = new AbortController()
  const reason = new Error('enough')
  const events = model.stream(request, stop.signal)[Symbol.asyncIterator]()
  const pending = events.next().then(() => events.next())
  await expect.poll(() => endpoint.totals.answers).toBe(1)
  stop.abort(reason)
  await expect(pending).rejects.toBe(reason)
})

test('a signal that is already aborted sends nothing', async () => {
  const { endpoint, model } = await scripted({ steps: [{ reply: { text: 'x' } }] })
  const reason = new Error('never mind')
  await expect(collect(model, AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(endpoint.requests).toEqual([])
})

test('two ids under one index are two calls of one tool, even before the first has arguments', async () => {
  const piece = (id: string, args: string) =>
    chunk({ tool_calls: [{ index: 0, id, function: { name: 'read', arguments: args } }] })
  const url = await server({ body: [piece('x', ''), piece('y', '{"a":1}'), chunk({}, 'tool_calls'), done] })
  expect((await answer(modelAt(url)))?.calls.map((call) => call.arguments)).toEqual(['', '{"a":1}'])
})

test('an id that is repeated after whole arguments begins no new call', async () => {
  const piece = (args: string) =>
    chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'read', arguments: args } }] })
  const url = await server({ body: [piece('{}'), piece(''), chunk({}, 'tool_calls'), done] })
  expect((await answer(modelAt(url)))?.calls).toEqual([{ name: 'read', arguments: '{}' }])
})

test('markup beside a real call stays text: the call is not made twice', async () => {
  const markup = '<｜DSML｜invoke name="read">\n</｜DSML｜invoke>'
  const call = chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'read', arguments: '{}' } }] })
  const url = await server({ body: [chunk({ content: markup }), call, chunk({}, 'tool_calls'), done] })
  expect(await answer(modelAt(url))).toMatchObject({ text: markup, calls: [{ name: 'read' }], brokenMarkup: false })
})

test('a reader slower than the idle time is not taken for a silent endpoint', async () => {
  const { endpoint } = await scripted({ steps: [{ reply: { text: 'A text of some length, in pieces.' } }] })
  const env = { DEEPSEEK_BASE_URL: endpoint.url }
  const model = createModel({
    choice: chooseModel({ providers: builtInProviders(env), env }),
    timeouts: { firstByteMs: 2_000, idleMs: 300, totalMs: 5_000 },
  })
  let said = ''
  for await (const event of model.stream(request, new AbortController().signal)) {
    if (said === '') await new Promise((resolve) => setTimeout(resolve, 700))
    if (event.type === 'text') said += event.text
  }
  expect(said).toBe('A text of some length, in pieces.')
})
