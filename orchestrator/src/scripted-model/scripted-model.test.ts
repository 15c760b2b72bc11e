import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel, type ScriptedModelOptions, type ScriptInput } from './index.js'

const hello = { role: 'user', content: 'Hello' } as const
const tools = [{ type: 'function' as const, function: { name: 'read_file', parameters: { type: 'object' } } }]

const oneCall: ScriptInput = {
  steps: [
    {
      reply: {
        reasoning: 'Look first.',
        text: 'Reading.',
        calls: [{ name: 'read_file', arguments: { paths: ['a'] } }],
      },
    },
    { reply: { text: 'The file says: {{last}}' } },
  ],
}

test('a stream carries reasoning, text and calls to the openai client, with usage in a trailing chunk', async () => {
  const { client } = await start({ script: oneCall })
  const stream = await client.chat.completions.create({
    model: 'deepseek-flash',
    messages: [hello],
    tools,
    stream: true,
    stream_options: { include_usage: true },
  })
  const seen = { reasoning: '', text: '', arguments: '', finish: '', names: [''], promptTokens: 0 }
  for await (const chunk of stream) {
    seen.reasoning += reasoningSchema.parse(chunk.choices[0]?.delta)
    seen.text += chunk.choices[0]?.delta.content ?? ''
    for (const call of chunk.choices[0]?.delta.tool_calls ?? []) {
      if (call.function?.name) seen.names.push(call.function.name)
      seen.arguments += call.function?.arguments ?? ''
    }
    seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish
    if (chunk.choices.length === 0) seen.promptTokens = chunk.usage?.prompt_tokens ?? 0
  }
  expect(seen).toMatchObject({
    reasoning: 'Look first.',
    text: 'Reading.',
    names: ['', 'read_file'],
    arguments: '{"paths":["a"]}',
    finish: 'tool_calls',
  })
  expect(seen.promptTokens).toBeGreaterThan(0)
})

test('a conversation goes on turn by turn, the tool result is in the reply', async () => {
  const { client, model } = await start({ script: oneCall })
  const first = await client.chat.completions.create({ model: 'deepseek-flash', messages: [hello], tools })
  const message = first.choices[0]?.message
  const call = message?.tool_calls?.[0]
  expect(first.choices[0]?.finish_reason).toBe('tool_calls')
  expect(message).toMatchObject({ reasoning_content: 'Look first.', content: 'Reading.' })
  if (message === undefined || call === undefined) throw new Error('expected a call')
  const { role, content, tool_calls } = message
  const second = await client.chat.completions.create({
    model: 'deepseek-flash',
    tools,
    messages: [
      hello,
      Object.assign({ role, content, tool_calls: tool_calls ?? [] }, { reasoning_content: 'Look first.' }),
      { role: 'tool', tool_call_id: call.id, content: '42' },
    ],
  })
  expect(second.choices[0]?.message).toMatchObject({ content: 'The file says: 42', reasoning_content: '' })
  expect(second.choices[0]?.finish_reason).toBe('stop')
  expect(model.requests.map((request) => request.step)).toEqual([0, 1])
})

test('with thinking disabled there is no reasoning, streamed or not', async () => {
  const { post } = await start({ script: oneCall })
  const off = { thinking: { type: 'disabled' } }
  expect(await post({ messages: [hello], ...off }).then((r) => r.text())).not.toContain('reasoning_content')
  expect(await post({ messages: [hello], ...off, stream: true }).then((r) => r.text())).not.toContain(
    'reasoning_content',
  )
  expect(await post({ messages: [hello], stream: true }).then((r) => r.text())).toContain('"reasoning_content":"Look')
})

test('a stream has usage only where it was asked for', async () => {
  const { post } = await start({ script: oneCall })
  const body = await post({ messages: [hello], stream: true }).then((r) => r.text())
  expect(body).not.toContain('"usage"')
  expect(body.endsWith('data: [DONE]\n\n')).toBe(true)
})

test('the first `when` that holds wins over the turn, and its groups fill the reply', async () => {
  const { ask } = await start({
    script: {
      steps: [
        { reply: { text: 'turn 0' } },
        {
          when: { last: '^weather in (?<city>\\p{L}+) on (\\w+)$' },
          reply: { text: '{{city}}, {{2}}: \\{{1}} {{0}}' },
        },
        { when: { last: 'weather' }, reply: { text: 'where?' } },
        { reply: { text: 'turn 1' } },
      ],
    },
  })
  expect(await ask([{ role: 'user', content: 'Hi\nweather in Zürich on Monday\nthanks' }])).toBe(
    'Zürich, Monday: {{1}} weather in Zürich on Monday',
  )
  expect(await ask([{ role: 'user', content: 'the weather' }])).toBe('where?')
  expect(await ask([hello])).toBe('turn 0')
  expect(await ask([hello, { role: 'assistant', content: 'turn 0' }, { role: 'user', content: 'And?' }])).toBe('turn 1')
})

test('`tool` asks for the tool whose result is the last message, also among parallel calls', async () => {
  const { ask } = await start({
    script: {
      steps: [
        { when: { tool: 'grep', last: '(\\d+) hits' }, reply: { text: 'grep: {{1}}' } },
        { when: { tool: 'list' }, reply: { text: 'list: {{last}}' } },
        { when: {}, reply: { text: 'something else' } },
      ],
    },
  })
  const calls = ['list', 'grep'].map((name, index) => {
    return { id: `c${index}`, type: 'function', function: { name, arguments: '{}' } }
  })
  const asked = [hello, { role: 'assistant', content: null, reasoning_content: '', tool_calls: calls }]
  const list = { role: 'tool', tool_call_id: 'c0', content: 'a b' }
  const grep = { role: 'tool', tool_call_id: 'c1', content: '7 hits' }
  expect(await ask([...asked, list, grep])).toBe('grep: 7')
  expect(await ask([...asked, grep, list])).toBe('list: a b')
  expect(await ask([...asked, grep, list, { role: 'user', content: '7 hits' }])).toBe('something else')
})

test('values from a tool are data in arguments: quotes and braces cannot break the JSON', async () => {
  const { post } = await start({
    script: { steps: [{ reply: { calls: [{ name: 'write', arguments: { deep: [{ text: 'say {{last}}' }] } }] } }] },
  })
  const content = '"},{{last}} $& \\ \n'
  const answer = await post({ messages: [{ role: 'user', content }] }).then(readAnswer)
  expect(JSON.parse(answer.choices[0]?.message.tool_calls?.[0]?.function.arguments ?? '')).toEqual({
    deep: [{ text: `say ${content}` }],
  })
})

test('a script at its end answers 400 and says what it would have needed', async () => {
  const { post } = await start({ script: { steps: [{ reply: { text: 'only one' } }] } })
  const answer = await post({
    messages: [hello, { role: 'assistant', content: 'only one' }, { role: 'user', content: 'more' }],
  })
  expect(answer.status).toBe(400)
  const { error } = errorSchema.parse(await answer.json())
  expect(error.code).toBe('script_exhausted')
  expect(error.message).toMatch(/no step.*"more".*turn 1 is past the 1 steps/u)
})

test('interleaved sessions on one server each follow their own history', async () => {
  const { ask } = await start({
    script: { steps: ['a', 'b', 'c'].map((name) => ({ reply: { text: `${name} {{last}}` } })) },
  })
  const histories = Array.from({ length: 8 }, (_, id) => [{ role: 'user', content: `s${id}` }])
  for (const letter of ['a', 'b', 'c']) {
    const answers = await Promise.all(histories.map((history) => ask(history)))
    expect(answers).toEqual(histories.map((history) => `${letter} ${history.at(-1)?.content}`))
    for (const [id, history] of histories.entries()) {
      history.push({ role: 'assistant', content: answers[id] ?? '' }, { role: 'user', content: `s${id}${letter}` })
    }
  }
})

test('call ids are the same for the same prompt and differ from turn to turn', async () => {
  const call = { calls: [{ name: 'list', arguments: {} }] }
  const { post } = await start({ script: { steps: [{ reply: call }, { reply: call }] } })
  const idOf = async (messages: unknown[]) => {
    const answer = await post({ messages }).then(readAnswer)
    return String(answer.choices[0]?.message.tool_calls?.[0]?.id)
  }
  const first = await idOf([hello])
  expect(await idOf([hello])).toBe(first)
  const turn = { role: 'assistant', reasoning_content: '', tool_calls: [callOf(first)] }
  expect(await idOf([hello, turn, { role: 'tool', tool_call_id: first, content: '' }])).not.toBe(first)
})

test('an answer longer than max_tokens is cut there with finish_reason length, tokens being 4 bytes', async () => {
  const { post } = await start({ script: { steps: [{ reply: { reasoning: '12345678', text: 'abcdéfgh' } }] } })
  const answer = await post({ messages: [hello], max_tokens: 3 }).then(readAnswer)
  expect(answer.choices[0]).toMatchObject({
    finish_reason: 'length',
    message: { reasoning_content: '12345678', content: 'abcd' },
  })
  expect(answer.usage).toMatchObject({ completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 2 } })
  const whole = await post({ messages: [hello], max_tokens: 5 }).then(readAnswer)
  expect(whole.choices[0]?.finish_reason).toBe('stop')
})

test('a request past the context window is refused with both numbers', async () => {
  const { post } = await start({ script: oneCall, contextTokensMax: 100 })
  const answer = await post({ messages: [{ role: 'user', content: 'x'.repeat(200) }], max_tokens: 50 })
  expect(answer.status).toBe(400)
  expect(errorSchema.parse(await answer.json()).error.message).toMatch(
    /maximum context length is 100 tokens, but 108 were requested \(58/u,
  )
})

test('models are listed under both base paths', async () => {
  const { client, model } = await start({ script: oneCall })
  expect((await client.models.list()).data.map((each) => each.id)).toContain('deepseek-flash')
  const plain = await fetch(`http://127.0.0.1:${model.port}/models`)
  expect(z.object({ data: z.array(z.unknown()) }).parse(await plain.json()).data[0]).toMatchObject({
    id: 'deepseek-flash',
  })
  const chat = await fetch(`http://127.0.0.1:${model.port}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'deepseek-v4-pro', messages: [hello] }),
  })
  expect(chat.status).toBe(200)
})

test('paced mode waits before every piece', async () => {
  const slept: number[] = []
  const clock = {
    now: () => 1_700_000_000_999,
    sleep: async (ms: number) => {
      slept.push(ms)
    },
  }
  const { post } = await start({
    script: { steps: [{ reply: { text: 'abcdef' } }] },
    delayMs: 25,
    deltaChars: 2,
    clock,
  })
  const body = await post({ messages: [hello], stream: true }).then((r) => r.text())
  const frames = body.split('\n\n').filter((frame) => frame !== '')
  expect(frames).toHaveLength(6)
  expect(slept).toEqual(frames.map(() => 25))
  expect(body).toContain('"created":1700000000,')
})

test('a client that leaves in the middle frees its place at once, and close ends what still hangs', async () => {
  const stall = { times: 'always' as const, stallAtByte: 0 }
  const { model, post } = await start({
    script: { steps: [{ when: { last: 'stall' }, reply: { text: 'x' }, fault: stall }, { reply: { text: 'y' } }] },
    concurrencyMax: 1,
  })
  const stuck = { messages: [{ role: 'user', content: 'stall' }], stream: true }
  const leaving = new AbortController()
  await post(stuck, { signal: leaving.signal })
  expect((await post({ messages: [hello] })).status).toBe(429)
  leaving.abort()
  await expect.poll(async () => (await post({ messages: [hello] })).status).toBe(200)
  const hanging = await post(stuck)
  await model.close()
  await expect(hanging.text()).rejects.toThrow()
})

test('a taken port and a broken script are errors at the start', async () => {
  const { model } = await start({ script: oneCall })
  await expect(createScriptedModel({ script: oneCall, port: model.port })).rejects.toThrow(/EADDRINUSE/u)
  await expect(createScriptedModel({ script: { steps: [] } })).rejects.toThrow(/steps: .*>=1/u)
})

test('only the newest requests are kept, and totals count them all', async () => {
  const { ask, model } = await start({ script: { steps: [{ reply: { text: 'abcd' } }] }, recordedRequestsMax: 2 })
  for (const content of ['1', '2', '3']) await ask([{ role: 'user', content }])
  expect(model.requests).toHaveLength(2)
  expect(model.requests[1]?.body).toMatchObject({ messages: [{ content: '3' }] })
  expect(model.totals).toMatchObject({ answers: 3, completionTokens: 3 })
})

const reasoningSchema = z
  .object({ reasoning_content: z.string().nullish() })
  .optional()
  .transform((delta) => delta?.reasoning_content ?? '')

const answerSchema = z.looseObject({
  choices: z.array(
    z.looseObject({
      finish_reason: z.string(),
      message: z.looseObject({
        content: z.string(),
        tool_calls: z
          .array(z.looseObject({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
          .optional(),
      }),
    }),
  ),
  usage: z.record(z.string(), z.unknown()),
})

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

async function readAnswer(response: Response) {
  return answerSchema.parse(await response.json())
}

function callOf(id: string) {
  return { id, type: 'function', function: { name: 'list', arguments: '{}' } }
}

async function start(options: ScriptedModelOptions) {
  const model = await createScriptedModel(options)
  onTestFinished(() => model.close())
  const client = new OpenAI({ apiKey: 'any', baseURL: model.url, maxRetries: 0 })
  const post = (body: object, init: RequestInit = {}) =>
    fetch(`${model.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'deepseek-flash', ...body }),
      ...init,
    })
  const ask = async (messages: unknown[]) => {
    const answer = await post({ messages }).then(readAnswer)
    return answer.choices[0]?.message.content
  }
  return { model, client, post, ask }
}
