import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createScriptedModel, type ScriptedModelOptions } from '../index.js'

const good = JSON.stringify({ model: 'deepseek-flash', messages: [{ role: 'user', content: 'Hi' }] })

test('a wrong path answers 404 with the known routes, a wrong method 405', async () => {
  const { url, port } = await start()
  for (const path of ['/v1/completions', '/', '/v1/v1/models', '/__proto__', '/v1/toString', '/modelsx']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toMatch(
      /Known routes: POST \/v1\/chat\/completions, POST \/chat\/completions, GET \/v1\/models/u,
    )
  }
  const wrong = await fetch(`${url}/chat/completions`)
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await fetch(`${url}/models?x=1`)).status).toBe(200)
})

test.each([
  ['nothing', '', /line 1, column 1: expected a value/u],
  ['half a body', good.slice(0, -5), /expected the closing double quote/u],
  ['a trailing comma', '{"a": 1,\n}', /line 2, column 1: expected a key in double quotes/u],
  ['no object', '"hello"', /expected object, received string/u],
  ['null', 'null', /expected object, received null/u],
  ['nesting without end', '['.repeat(200_000), /at most 500 levels/u],
  [
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from('{"a": "'), Buffer.from([0xff, 0x22, 0x7d])]),
    /Expected a body in UTF-8/u,
  ],
])('%s as a body answers 400 and says where it breaks', async (_name, body, says) => {
  const { url, model } = await start()
  const answer = await send(url, body)
  expect(answer.status).toBe(400)
  expect(await answer.text()).toMatch(says)
  expect(model.requests.at(-1)).toMatchObject({ status: 400 })
  expect((await send(url, good)).status).toBe(200)
})

test('well-formed JSON that nests too deep is refused, and the server lives on', async () => {
  const { url } = await start()
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const body = good.replace(
    '"messages"',
    `"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "object", "x": ${deep}}}}], "messages"`,
  )
  const answer = await send(url, body)
  expect(answer.status).toBe(400)
  expect(await answer.text()).toMatch(/at most 500 levels of nesting/u)
  expect((await send(url, good)).status).toBe(200)
})

test('a body over the limit answers 413 with both numbers, with a declared length and without', async () => {
  const { url } = await start({ bodyBytesMax: 1_000 })
  const big = good.padEnd(5_000)
  const declared = await send(url, big)
  expect(declared.status).toBe(413)
  expect(await declared.text()).toMatch(/at most 1000 bytes, found 5000/u)
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(big))
      controller.close()
    },
  })
  expect((await send(url, chunked, { duplex: 'half' })).status).toBe(413)
  expect((await send(url, good.padEnd(1_000))).status).toBe(200)
})

test('a body without end is dropped', async () => {
  const { port, url } = await start({ bodyBytesMax: 1_000 })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  const timer = setInterval(() => socket.write(`800\r\n${'x'.repeat(2_048)}\r\n`), 1)
  onTestFinished(() => clearInterval(timer))
  await once(socket, 'close')
  expect((await send(url, good)).status).toBe(200)
})

test('a compressed body is refused, not misread', async () => {
  const { url } = await start()
  const answer = await send(url, good, { headers: { 'content-encoding': 'gzip' } })
  expect([answer.status, await answer.text()]).toEqual([415, expect.stringContaining('content-encoding gzip')])
})

test('with a key, only its bearer gets in', async () => {
  const { url, model } = await start({ apiKey: 'sk-secret' })
  const status = async (authorization?: string) => {
    const answer = await send(url, good, authorization === undefined ? {} : { headers: { authorization } })
    expect(await answer.text()).not.toContain('sk-secret')
    return answer.status
  }
  expect(await status()).toBe(401)
  expect(await status('Bearer sk-other')).toBe(401)
  expect(await status('sk-secret')).toBe(401)
  expect(await status('Bearer sk-secret')).toBe(200)
  expect((await fetch(`${url}/models`)).status).toBe(401)
  expect(model.totals.answers).toBe(1)
})

test('one request more than the limit gets a 429, and the others are not disturbed', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const clock = { now: () => 0, sleep: () => gate }
  const { url } = await start({ concurrencyMax: 3, delayMs: 1, clock })
  const held = await Promise.all([1, 2, 3].map(() => send(url, good)))
  const crowded = await send(url, good)
  expect(crowded.status).toBe(429)
  expect(await crowded.text()).toMatch(/at most 3 requests at once/u)
  release()
  for (const answer of held) expect(await answer.text()).toContain('"content":"ok"')
  await expect.poll(async () => (await send(url, good)).status).toBe(200)
})

test('a client that goes in mid-request leaves nothing behind', async () => {
  const { port, url, model } = await start({ concurrencyMax: 1 })
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
  await expect.poll(async () => (await send(url, good)).status).toBe(429)
  socket.destroy()
  await expect.poll(async () => (await send(url, good)).status).toBe(200)
  expect(model.requests.map((request) => request.status)).not.toContain(500)
})

async function start(options: Partial<ScriptedModelOptions> = {}) {
  const model = await createScriptedModel({ script: { steps: [{ when: {}, reply: { text: 'ok' } }] }, ...options })
  onTestFinished(() => model.close())
  return { model, url: model.url, port: model.port }
}

function send(url: string, body: string | Buffer | ReadableStream, init: object = {}) {
  return fetch(`${url}/chat/completions`, { method: 'POST', body, ...init })
}
