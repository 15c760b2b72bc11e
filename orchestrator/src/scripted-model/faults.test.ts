import { connect } from 'node:net'
import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel, type ScriptedModel, type ScriptInput } from './index.js'

type Step = ScriptInput['steps'][number]

const reply: Step['reply'] = {
  reasoning: 'Überlegen…',
  text: 'Größe: 5 µm 😀',
  calls: [{ name: 'ls', arguments: { p: '日本' } }],
}
const twoCalls: Step['reply'] = {
  calls: [
    { name: 'ls', arguments: { a: 1 } },
    { name: 'cat', arguments: { b: 2 } },
  ],
}

test('without a fault the body is whole, ends cleanly, and every event is one chunk', async () => {
  const answer = await exchange({ reply })
  expect(answer).toMatchObject({ status: 200, ended: 'clean' })
  expect(answer.headers).toMatch(/content-type: text\/event-stream/iu)
  expect(answer.body.toString().endsWith('data: [DONE]\n\n')).toBe(true)
  for (const chunk of answer.chunks) expect(chunk.toString()).toMatch(/^data: (?:\{.*\}|\[DONE\])\n\n$/u)
})

test('a cut sends exactly k bytes and then breaks the connection, for k all over the body', async () => {
  const { body } = await exchange({ reply })
  for (const atByte of spread(body.length)) {
    const cut = await exchange({ reply, fault: { cutAtByte: atByte } })
    expect(cut).toMatchObject({ status: 200, ended: 'broken' })
    expect(cut.body.equals(body.subarray(0, atByte))).toBe(true)
  }
})

test('an early end sends exactly k bytes and then ends as if all were well', async () => {
  const { body } = await exchange({ reply })
  for (const atByte of spread(body.length)) {
    const ended = await exchange({ reply, fault: { endAtByte: atByte } })
    expect(ended.ended).toBe('clean')
    expect(ended.body.equals(body.subarray(0, atByte))).toBe(true)
  }
})

test('a stall sends the headers and k bytes, then neither bytes nor an end', async () => {
  const { body } = await exchange({ reply })
  for (const atByte of [0, 1, 100]) {
    const model = await start({ reply, fault: { stallAtByte: atByte } })
    const stalled = openWire(model.port)
    await expect.poll(() => stalled.seen()).toMatchObject({ status: 200, received: atByte })
    expect((await openWire(model.port).whole).body.equals(body)).toBe(true)
    expect(stalled.seen()).toEqual({ status: 200, received: atByte, ended: false })
    stalled.socket.destroy()
  }
})

test('a stream can end cleanly without [DONE], or without a finish_reason', async () => {
  const { body } = await exchange({ reply })
  const noDone = await exchange({ reply, fault: { omit: ['done'] } })
  expect(noDone.ended).toBe('clean')
  expect(`${noDone.body}data: [DONE]\n\n`).toBe(body.toString())
  const noReason = (await exchange({ reply, fault: { omit: ['finish_reason'] } })).body.toString()
  expect(noReason).not.toMatch(/"finish_reason":"/u)
  expect(noReason.endsWith('data: [DONE]\n\n')).toBe(true)
  const neither = await exchange({ reply, fault: { omit: ['done', 'finish_reason'] } })
  expect(`${neither.body}data: [DONE]\n\n`).toBe(noReason)
})

test('the openai client itself notices neither an early clean end nor a missing [DONE]', async () => {
  const { body } = await exchange({ reply })
  const half = body.indexOf('data: ', 600)
  for (const fault of [{ endAtByte: half }, { omit: ['done' as const] }]) {
    const model = await start({ reply, fault })
    const client = new OpenAI({ apiKey: 'any', baseURL: model.url, maxRetries: 0 })
    const stream = await client.chat.completions.create({
      ...chatBody,
      stream: true,
      messages: [{ role: 'user', content: 'Go' }],
    })
    let chunks = 0
    for await (const _ of stream) chunks += 1
    expect(chunks).toBeGreaterThan(0)
  }
})

test('keep-alives come before the body, comments in a stream and empty lines without one', async () => {
  const fault = { keepAliveMs: 250, keepAliveEveryMs: 100 }
  const { body } = await exchange({ reply })
  const kept = await exchange({ reply, fault })
  expect(kept.body.toString()).toBe(': keep-alive\n\n'.repeat(3) + body)
  expect(kept.sleptMs).toEqual([100, 100, 50])
  const plain = await exchange({ reply, fault }, { stream: false })
  expect(plain.body.toString()).toMatch(/^\n\n\n\{"id".*\}$/u)
})

test('one-byte chunks are one-byte chunks', async () => {
  const { body } = await exchange({ reply })
  const bytes = await exchange({ reply, fault: { chunkBytes: 1 } })
  expect(new Set(bytes.chunks.map((chunk) => chunk.length))).toEqual(new Set([1]))
  expect(bytes.body.equals(body)).toBe(true)
  const sevens = await exchange({ reply, fault: { chunkBytes: 7 } })
  expect(sevens.chunks.slice(0, -1).every((chunk) => chunk.length === 7)).toBe(true)
  expect(sevens.body.equals(body)).toBe(true)
})

test('split characters: every chunk but the last ends inside a multi-byte character', async () => {
  const { body } = await exchange({ reply })
  const split = await exchange({ reply, fault: { splitCharacters: true } })
  expect(split.body.equals(body)).toBe(true)
  expect(split.chunks).toHaveLength(Array.from(body.toString()).filter((c) => Buffer.byteLength(c) > 1).length + 1)
  for (const [index] of split.chunks.slice(0, -1).entries()) {
    const before = Buffer.concat(split.chunks.slice(0, index + 1))
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(before)).toThrow()
  }
})

test('usage stands on the last chunk, on a trailing one, or nowhere', async () => {
  const asked = { stream_options: { include_usage: true } }
  const last = await exchange({ reply, fault: { usage: 'last' } }, asked)
  expect(last.events.at(-1)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }], usage: { prompt_tokens: 8 } })
  const trailing = await exchange({ reply, fault: { usage: 'trailing' } })
  expect(trailing.events.at(-2)).not.toHaveProperty('usage')
  expect(trailing.events.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 8 } })
  expect((await exchange({ reply, fault: { usage: 'none' } }, asked)).body.toString()).not.toContain('"usage"')
})

test('two calls under one index', async () => {
  const { events } = await exchange({ reply: twoCalls, fault: { sameIndex: true } })
  const deltas = callDeltas(events)
  expect(deltas.map((delta) => delta.index)).toEqual(deltas.map(() => 0))
  expect(deltas.flatMap((delta) => delta.id ?? [])).toHaveLength(2)
  const clean = callDeltas((await exchange({ reply: twoCalls })).events)
  expect(new Set(clean.map((delta) => delta.index))).toEqual(new Set([0, 1]))
})

test('an empty answer has neither text nor calls, but a finish_reason and [DONE]', async () => {
  const { events } = await exchange({ reply, fault: { empty: true } })
  expect(callDeltas(events)).toEqual([])
  expect(textOf(events)).toBe('')
  expect(events.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
})

test('length cuts the last call in mid-arguments, at a whole character', async () => {
  const cutAt = async (lengthAtByte: number) => {
    const { events } = await exchange({ reply, fault: { lengthAtByte } })
    expect(events.at(-1)).toMatchObject({ choices: [{ finish_reason: 'length' }] })
    return callDeltas(events)
      .flatMap((delta) => delta.function.arguments ?? [])
      .join('')
  }
  // {"p":"日本"} is 14 bytes, the first character from byte 6 to 9.
  expect(await cutAt(0)).toBe('')
  expect(await cutAt(8)).toBe('{"p":"')
  expect(await cutAt(9)).toBe('{"p":"日')
  expect(await cutAt(99)).toBe('{"p":"日本"')
  const text = await exchange({ reply: { text: 'abc' }, fault: { lengthAtByte: 2 } })
  expect(textOf(text.events)).toBe('ab')
})

test('arguments can be any text, by a fault that a retry escapes or for good', async () => {
  const model = await start({ reply: twoCalls, fault: { arguments: '{"a": 1,}' } })
  const first = await openWire(model.port).whole
  expect(joinArguments(first.events)).toBe('{"a": 1,}{"b":2}')
  expect(joinArguments((await openWire(model.port).whole).events)).toBe('{"a":1}{"b":2}')
  const always = await exchange({ reply: { calls: [{ name: 'ls', arguments: '```json\n{"a": 1' }] } })
  expect(joinArguments(always.events)).toBe('```json\n{"a": 1')
})

test('any finish_reason DeepSeek documents', async () => {
  const { events } = await exchange({ reply, fault: { finishReason: 'insufficient_system_resource' } })
  expect(events.at(-1)).toMatchObject({ choices: [{ finish_reason: 'insufficient_system_resource' }] })
})

test.each([
  [402, undefined, 'Insufficient Balance'],
  [429, '2', 'Rate limit reached'],
  [500, undefined, 'an error of its own'],
  [503, 'Wed, 21 Oct 2026 07:28:00 GMT', 'overloaded'],
  [418, 'soon', 'status 418'],
])('status %i, with a Retry-After or without', async (status, retryAfter, says) => {
  const answer = await exchange({ reply, fault: { status, ...(retryAfter ? { retryAfter } : {}) } })
  expect(answer.status).toBe(status)
  expect(/retry-after: (.*)\r/iu.exec(answer.headers)?.[1]).toBe(retryAfter)
  expect(JSON.parse(answer.body.toString())).toMatchObject({
    error: { message: expect.stringContaining(says), code: 'scripted_fault' },
  })
})

test('faults meet the attempts of one request in turn, then the answer is clean; other requests are not counted', async () => {
  const model = await start({
    reply,
    fault: [{ status: 503, times: 2, message: 'Busy' }, { cutAtByte: 50 }, { omit: ['done'] }],
  })
  const outcomes = []
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { status, ended, body } = await openWire(model.port).whole
    outcomes.push([status, ended, body.toString().endsWith('[DONE]\n\n')])
  }
  expect(outcomes).toEqual([
    [503, 'clean', false],
    [503, 'clean', false],
    [200, 'broken', false],
    [200, 'clean', false],
    [200, 'clean', true],
  ])
  expect(model.requests.map(({ attempt, status, error }) => [attempt, status, error])).toEqual([
    [0, 503, 'Busy'],
    [1, 503, 'Busy'],
    [2, 200, undefined],
    [3, 200, undefined],
    [4, 200, undefined],
  ])
  const other = await openWire(model.port, { messages: [{ role: 'user', content: 'Other' }] }).whole
  expect(other.status).toBe(503)
})

test('times "always" never ends', async () => {
  const model = await start({ reply, fault: { status: 500, times: 'always' } })
  for (let attempt = 0; attempt < 3; attempt += 1) expect((await openWire(model.port).whole).status).toBe(500)
})

test('the openai client retries past a 503 by itself', async () => {
  const model = await start({ reply: { text: 'Back' }, fault: { status: 503, retryAfter: '0' } })
  const client = new OpenAI({ apiKey: 'any', baseURL: model.url, maxRetries: 1 })
  const answer = await client.chat.completions.create({ ...chatBody, messages: [{ role: 'user', content: 'Go' }] })
  expect(answer.choices[0]?.message.content).toBe('Back')
})

test('faults combine: keep-alives, then one-byte chunks, then a cut', async () => {
  const { body } = await exchange({ reply })
  const answer = await exchange({ reply, fault: { keepAliveMs: 1, chunkBytes: 1, cutAtByte: 20 } })
  expect(answer.ended).toBe('broken')
  expect(answer.body.toString()).toBe(`: keep-alive\n\n${body.subarray(0, 20)}`)
})

test('an answer without streaming can be cut, ended early and broken too', async () => {
  const plain = { stream: false }
  const { body } = await exchange({ reply }, plain)
  expect(JSON.parse(body.toString())).toMatchObject({ object: 'chat.completion', usage: { prompt_tokens: 8 } })
  const cut = await exchange({ reply, fault: { cutAtByte: 33 } }, plain)
  expect([cut.ended, cut.body.toString()]).toEqual(['broken', body.toString('utf8', 0, 33)])
  const ended = await exchange({ reply, fault: { endAtByte: 33 } }, plain)
  expect([ended.ended, ended.body.toString()]).toEqual(['clean', body.toString('utf8', 0, 33)])
  const bare = await exchange({ reply, fault: { usage: 'none', omit: ['finish_reason'] } }, plain)
  expect(JSON.parse(bare.body.toString())).not.toHaveProperty('usage')
  expect(JSON.parse(bare.body.toString())).toMatchObject({ choices: [{ finish_reason: null }] })
})

const chatBody = { model: 'deepseek-flash' }
const sleptByServer = new Map<number, number[]>()

async function start(step: Step): Promise<ScriptedModel> {
  const slept: number[] = []
  const clock = {
    now: () => 1_700_000_000_000,
    sleep: async (ms: number) => {
      slept.push(ms)
    },
  }
  const model = await createScriptedModel({ script: { steps: [step] }, clock, deltaChars: 4 })
  sleptByServer.set(model.port, slept)
  onTestFinished(() => model.close())
  return model
}

async function exchange(step: Step, change: object = {}) {
  const model = await start(step)
  const answer = await openWire(model.port, change).whole
  return { ...answer, sleptMs: sleptByServer.get(model.port) }
}

/** Offsets over a whole body: its edges, and a prime step between them. */
function spread(length: number): number[] {
  const inner = Array.from({ length: Math.floor(length / 97) }, (_, index) => index * 97)
  return [...new Set([...inner, 1, length - 1, length])]
}

/** A client that sees every byte and every chunk of the chunked encoding. */
function openWire(port: number, change: object = {}) {
  const text = JSON.stringify({ ...chatBody, messages: [{ role: 'user', content: 'Go' }], stream: true, ...change })
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n'
  const socket = connect(port, '127.0.0.1')
  let raw = Buffer.alloc(0)
  let ended = false
  socket.write(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  const whole = new Promise<ReturnType<typeof parseResponse>>((resolve) => {
    socket.on('data', (data) => {
      raw = Buffer.concat([raw, data])
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      ended = true
      resolve(parseResponse(raw))
    })
  })
  const seen = () => {
    const { status, body } = parseResponse(raw)
    return { status, received: body.length, ended }
  }
  return { socket, whole, seen }
}

function parseResponse(raw: Buffer) {
  const split = raw.indexOf('\r\n\r\n')
  const headers = raw.toString('latin1', 0, Math.max(0, split) + 2)
  const status = Number(/^HTTP\/1\.1 (\d+)/u.exec(headers)?.[1] ?? 0)
  const rest = split < 0 ? Buffer.alloc(0) : raw.subarray(split + 4)
  const parsed = /transfer-encoding: chunked/iu.test(headers) ? dechunk(rest) : { chunks: [rest], ended: 'clean' }
  const body = Buffer.concat(parsed.chunks)
  const events = [...body.toString().matchAll(/^data: (\{.*\})$/gmu)].map(([, data]): unknown => JSON.parse(data ?? ''))
  return { ...parsed, status, headers, body, events }
}

function dechunk(rest: Buffer): { chunks: Buffer[]; ended: string } {
  const chunks: Buffer[] = []
  let at = 0
  while (at < rest.length) {
    const line = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.toString('latin1', at, line), 16)
    if (size === 0) return { chunks, ended: 'clean' }
    chunks.push(rest.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return { chunks, ended: 'broken' }
}

const deltaSchema = z
  .object({ choices: z.array(z.object({ delta: z.looseObject({}) })) })
  .optional()
  .transform((event) => event?.choices[0]?.delta ?? {})
  .pipe(
    z.object({
      content: z
        .string()
        .nullish()
        .transform((content) => content ?? ''),
      tool_calls: z
        .array(
          z.object({
            index: z.number(),
            id: z.string().optional(),
            function: z.object({ arguments: z.string().optional() }),
          }),
        )
        .default([]),
    }),
  )

function callDeltas(events: unknown[]) {
  return events.flatMap((event) => deltaSchema.parse(event).tool_calls)
}

function joinArguments(events: unknown[]): string {
  return callDeltas(events)
    .map((delta) => delta.function.arguments ?? '')
    .join('')
}

function textOf(events: unknown[]): string {
  return events.map((event) => deltaSchema.parse(event).content).join('')
}
