import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createScriptedModel } from '../scripted-model/index.js'
import { createProviders, type ModelRequest, type ProvidersOptions } from './index.js'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'auroracoder-providers-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

const open = (options: Partial<ProvidersOptions> = {}) => createProviders({ dataDir, env: {}, ...options })
const secret = 'sk-a-very-secret-key'
const request: ModelRequest = { messages: [{ role: 'user', content: 'Hi' }], tools: [], outputTokensMax: 10 }

async function answerOf(model: ReturnType<Awaited<ReturnType<typeof open>>['modelFor']>) {
  for await (const event of model.stream(request, new AbortController().signal)) {
    if (event.type === 'complete') return event.answer
  }
  return undefined
}

/** An endpoint that notes what it is asked and answers with a status and a text, or with one word. */
async function endpoint(refusal?: { status: number; message: (key: string) => string }) {
  const seen: { authorization: string | undefined; body: Record<string, unknown> }[] = []
  const http = createServer(async (incoming, response) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    seen.push({ authorization: incoming.headers.authorization, body: text === '' ? {} : JSON.parse(text) })
    if (incoming.url?.endsWith('/models')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data": [{"id": "found"}]}')
      return
    }
    if (refusal) {
      const key = incoming.headers.authorization?.slice(7) ?? ''
      response.writeHead(refusal.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: refusal.message(key) } }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end('data: {"choices": [{"delta": {"content": "OK"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => http.close(() => resolve())))
  const address = http.address()
  return { seen, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1` }
}

test('every built-in provider is listed with what it lacks', async () => {
  const providers = await open()
  expect(providers.list().map(({ id, usable }) => [id, usable])).toEqual([
    ['deepseek', false],
    ['nvidia', false],
    ['gemini', false],
    ['vertex', false],
    ['openrouter', false],
  ])
  const reasons = providers.list().map(({ reason }) => reason ?? '')
  for (const [index, name] of [
    'DEEPSEEK_API_KEY',
    'NVIDIA_API_KEY',
    'GEMINI_API_KEY',
    'VERTEX_AI_PROJECT_ID',
    'OPENROUTER_API_KEY',
  ].entries())
    expect(reasons[index]).toContain(name)
})

test('the default is the one provider that can be used, DeepSeek first', async () => {
  expect((await open({ env: { NVIDIA_API_KEY: 'x', DEEPSEEK_API_KEY: 'x' } })).modelFor().id).toBe('deepseek-flash')
  expect((await open({ env: { NVIDIA_API_KEY: 'x' } })).modelFor().id).toBe('deepseek-ai/deepseek-v4-flash-0731')
  const none = await open()
  expect(() => none.modelFor()).toThrow(/DEEPSEEK_API_KEY is not set/)
})

test('an unknown model is refused with the nearest names, by check and by modelFor', async () => {
  const providers = await open({ env: { DEEPSEEK_API_KEY: 'x' } })
  for (const ask of [() => providers.check('deepsek-flash'), () => providers.modelFor('deepsek-flash')]) {
    expect(ask).toThrow(expect.objectContaining({ code: 'unknown_model' }))
    expect(ask).toThrow(/nearest names: deepseek\/deepseek-flash/)
  }
  providers.check('openrouter/any/model')
})

test('a provider needs no more than a URL, and can be used at once and after a restart', async () => {
  const { url, seen } = await endpoint()
  const providers = await open()
  expect(await providers.put('mine', { definition: { baseUrl: `${url}/` }, key: secret })).toMatchObject({
    id: 'mine',
    name: 'mine',
    baseUrl: url,
    source: 'api',
    key: 'stored',
    usable: true,
  })
  expect((await answerOf(providers.modelFor('mine/anything')))?.text).toBe('OK')
  expect((await answerOf((await open()).modelFor('mine/anything')))?.text).toBe('OK')
  expect(seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${secret}`, `Bearer ${secret}`])
  expect(seen[0]?.body).toMatchObject({ model: 'anything' })
})

test('keys stand in a file for the user alone, and in nothing that is shown', async () => {
  const providers = await open()
  await providers.put('nvidia', { key: secret })
  const file = join(dataDir, 'provider-keys.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toContain(secret)
  expect(JSON.stringify([providers.list(), providers.models()])).not.toContain(secret)
  expect(providers.list().find(({ id }) => id === 'nvidia')).toMatchObject({ source: 'built-in', key: 'stored' })
})

for (const status of [400, 401, 402, 429, 500]) {
  test(`a key that the endpoint quotes in a ${status} is not passed on`, async () => {
    const padding = 'x'.repeat(485)
    const { url } = await endpoint({ status, message: (key) => `${padding} key ${key} is wrong, ${key}` })
    const providers = await open()
    await providers.put('mine', { definition: { baseUrl: url }, key: secret })
    const problem = await answerOf(providers.modelFor('mine/m')).catch((error: Error) => error.message)
    expect(problem).toContain('[key]')
    // Nor a part of it, where the message is cut off.
    expect(problem).not.toContain(secret.slice(0, 6))
    const tested = await providers.test('mine', 'm')
    expect(tested.ok).toBe(false)
    expect(JSON.stringify(tested)).not.toContain(secret.slice(0, 6))
  })
}

test('a definition with a built-in id takes its place as a whole, until it is removed', async () => {
  const providers = await open({ env: { DEEPSEEK_API_KEY: secret } })
  const { url, seen } = await endpoint()
  const view = await providers.put('deepseek', { definition: { baseUrl: url, models: [{ id: 'only' }] } })
  expect(view).toMatchObject({ source: 'api', overrides: true, key: 'none', models: ['only'] })
  await answerOf(providers.modelFor('deepseek/only'))
  // The key of the built-in provider stays with the built-in provider.
  expect(seen[0]?.authorization).toBeUndefined()
  await providers.remove('deepseek')
  expect(providers.list()[0]).toMatchObject({ id: 'deepseek', source: 'built-in', usable: true })
  await expect(providers.remove('deepseek')).rejects.toMatchObject({ code: 'builtin_provider' })
})

test('a key does not follow its provider to another host', async () => {
  const [first, second] = [await endpoint(), await endpoint()]
  const providers = await open()
  await providers.put('mine', { definition: { baseUrl: first.url }, key: secret })
  await providers.put('mine', { definition: { baseUrl: second.url } })
  await answerOf(providers.modelFor('mine/m'))
  expect(second.seen[0]?.authorization).toBeUndefined()
  expect(await readFile(join(dataDir, 'provider-keys.json'), 'utf8')).not.toContain(secret)
})

test('a provider of the configuration file wins and is changed there', async () => {
  const configured = { where: '/x/auroracoder.config.json', providers: [{ id: 'mine', baseUrl: 'http://127.0.0.1:9' }] }
  const providers = await open({ configured })
  expect(providers.list().at(-1)).toMatchObject({ id: 'mine', source: 'config' })
  for (const change of [
    providers.put('mine', { definition: { baseUrl: 'http://127.0.0.1:8' } }),
    providers.remove('mine'),
  ])
    await expect(change).rejects.toMatchObject({ code: 'provider_fixed', message: expect.stringContaining('/x/aur') })
  expect(await providers.put('mine', { key: secret })).toMatchObject({ key: 'stored' })
  await providers.remove('mine')
  expect(providers.list().at(-1)).toMatchObject({ key: 'none' })
})

for (const [what, definition, message] of [
  ['a URL that is none', { baseUrl: 'localhost:11434' }, /baseUrl: expected an http or https URL/],
  ['a URL with a password', { baseUrl: 'http://me:pw@host/v1' }, /baseUrl: expected a URL without user/],
  ['a field that does not exist', { baseUrl: 'http://h/v1', headers: {} }, /headers.*Known fields: id, name, baseUrl/],
  ['a model without an id', { baseUrl: 'http://h/v1', models: [{}] }, /models\.0\.id/],
  [
    'prices below zero',
    { baseUrl: 'http://h/v1', models: [{ id: 'm', prices: { base: { cacheHit: -1 } } }] },
    /prices/,
  ],
] as const) {
  test(`${what} makes no provider`, async () => {
    const providers = await open()
    await expect(providers.put('mine', { definition })).rejects.toMatchObject({ code: 'invalid_provider' })
    await expect(providers.put('mine', { definition })).rejects.toThrow(message)
    expect(providers.list()).toHaveLength(5)
    const configured = { where: 'the file', providers: [{ id: 'mine', ...definition }] }
    await expect(open({ configured })).rejects.toThrow(/the file, providers\[0\]/)
  })
}

test('a provider cannot be configured twice, and an unknown one has no key or test', async () => {
  const mine = { id: 'mine', baseUrl: 'http://127.0.0.1:9' }
  await expect(open({ configured: { where: 'f', providers: [mine, mine] } })).rejects.toThrow(/"mine" twice/)
  const providers = await open()
  for (const asked of [providers.put('nobody', { key: secret }), providers.remove('nobody'), providers.test('nobody')])
    await expect(asked).rejects.toMatchObject({ code: 'unknown_provider' })
})

for (const name of ['providers.json', 'provider-keys.json']) {
  test(`a broken ${name} is named at the start and left as it is`, async () => {
    await writeFile(join(dataDir, name), `{"nvidia": "${secret}`)
    const problem = await open().catch((error: Error) => error.message)
    expect(problem).toContain(name)
    expect(problem).not.toContain(secret)
    expect(await readFile(join(dataDir, name), 'utf8')).toBe(`{"nvidia": "${secret}`)
  })
}

test('a test tells a good provider from a refused key, a dead endpoint and a missing key', async () => {
  const [good, refusing] = [await endpoint(), await endpoint({ status: 401, message: () => 'no' })]
  const providers = await open()
  await providers.put('good', { definition: { baseUrl: good.url } })
  await providers.put('bad', { definition: { baseUrl: refusing.url } })
  await providers.put('dead', { definition: { baseUrl: 'http://127.0.0.1:9', models: [{ id: 'm' }] } })
  // No model is listed, so the endpoint is asked which it has.
  expect(await providers.test('good')).toMatchObject({ ok: true, model: 'found', latencyMs: expect.any(Number) })
  expect(await providers.test('bad')).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
  expect(await providers.test('dead')).toMatchObject({ ok: false, error: { code: 'connect' } })
  expect(await providers.test('nvidia')).toMatchObject({ ok: false, error: { code: 'no_key' } })
  await expect(providers.test('deepseek', 'gpt-9')).rejects.toMatchObject({ code: 'unknown_model' })
})

test('summaries go to the preferred secondary model, else to the cheapest one beside the main model', async () => {
  let preferred: object = {}
  const env = { DEEPSEEK_API_KEY: 'x', GEMINI_API_KEY: 'y' }
  const providers = await open({ env, preferred: () => preferred })
  expect(providers.secondary()).toMatchObject({ id: 'deepseek-flash', thinking: false })
  preferred = { model: 'gemini-3.8-flash' }
  expect(providers.secondary().id).toBe('gemini-3.1-flash-lite')
  preferred = { model: 'gemini-3.8-flash', secondaryModel: 'deepseek-v4-pro' }
  expect(providers.secondary().id).toBe('deepseek-v4-pro')
  preferred = { thinking: false }
  expect(providers.modelFor()).toMatchObject({ id: 'deepseek-flash', thinking: false })
  expect(providers.modelFor('deepseek-v4-pro', { thinking: true }).thinking).toBe(true)
})

test('Vertex AI is asked with tokens, a fresh one for each question, and an error does not quote them', async () => {
  let tokens = 0
  const googleToken = async () => `ya29.secret-token-${++tokens}`
  const { url, seen } = await endpoint()
  const env = { VERTEX_AI_PROJECT_ID: 'my-project', VERTEX_AI_LOCATION: 'europe-west4' }
  const providers = await open({ env, googleToken })
  expect(providers.list().find(({ id }) => id === 'vertex')).toMatchObject({
    baseUrl:
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4/endpoints/openapi',
    usable: true,
    key: 'google',
  })
  await providers.put('google-proxy', { definition: { baseUrl: url, auth: 'google' } })
  const model = providers.modelFor('google-proxy/google/gemini-3.8-flash')
  await answerOf(model)
  await answerOf(model)
  expect(seen.map(({ authorization }) => authorization)).toEqual([
    'Bearer ya29.secret-token-1',
    'Bearer ya29.secret-token-2',
  ])
  await expect(open({ env: { VERTEX_AI_PROJECT_ID: '../evil' } })).rejects.toThrow(/VERTEX_AI_PROJECT_ID must be/)
})

const history: ModelRequest = {
  messages: [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: '',
      reasoning_content: 'Hm.',
      tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'read', arguments: '{}' } })),
    },
    { role: 'tool', tool_call_id: 'a', content: '1' },
    { role: 'tool', tool_call_id: 'b', content: '2' },
  ],
  tools: [],
  outputTokensMax: 10,
}

/** What an endpoint with the rules of a built-in provider is sent. */
async function sentAs(rules: object): Promise<Record<string, unknown>> {
  const { url, seen } = await endpoint()
  const providers = await open()
  await providers.put('mine', { definition: { baseUrl: url, ...rules } })
  for await (const _ of providers.modelFor('mine/m').stream(history, new AbortController().signal));
  return seen[0]?.body ?? {}
}

test('reasoning goes back under the name the endpoint wants, or not at all', async () => {
  const thinking = { on: { think: true }, off: { think: false }, default: true }
  const sent = async (sendBack: string) => JSON.stringify(await sentAs({ thinking: { ...thinking, sendBack } }))
  expect(await sent('reasoning_content')).toContain('"reasoning_content":"Hm."')
  expect(await sent('reasoning')).toContain('"reasoning":"Hm."')
  expect(await sent('reasoning')).not.toContain('reasoning_content')
  expect(await sent('none')).not.toContain('Hm.')
})

test('fields that the first call must carry are on the first call alone', async () => {
  const { messages } = await sentAs({ firstCallFields: { extra_content: { google: { thought_signature: 's' } } } })
  expect(messages).toMatchObject([
    {},
    { tool_calls: [{ id: 'a', extra_content: { google: { thought_signature: 's' } } }, { id: 'b' }] },
    {},
    {},
  ])
  expect(JSON.stringify(messages).split('thought_signature')).toHaveLength(2)
})

test('the times of a provider hold for it', async () => {
  const slow = await createScriptedModel({
    script: { steps: [{ when: {}, reply: { text: 'x' }, fault: { stallAtByte: 0, times: 'always' } }] },
  })
  onTestFinished(() => slow.close())
  const providers = await open()
  await providers.put('mine', { definition: { baseUrl: slow.url, timeouts: { firstByteMs: 50 } } })
  await expect(answerOf(providers.modelFor('mine/deepseek-flash'))).rejects.toMatchObject({ code: 'timeout' })
})
