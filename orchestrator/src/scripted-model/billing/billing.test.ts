import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel, type ScriptInput, type Usage } from '../index.js'

/*
 * The lines a prompt is billed by, written out here by hand:
 *   {"role":"user","content":"Hello"}\n            34 bytes, 9 tokens
 *   {"role":"assistant","content":"Hi!"}\n         37 bytes
 *   {"role":"user","content":"More"}\n             33 bytes
 */
const hello = { role: 'user', content: 'Hello' }
const hi = { role: 'assistant', content: 'Hi!' }
const more = { role: 'user', content: 'More' }

const hiTwice: ScriptInput = {
  steps: [{ reply: { reasoning: 'Greet back', text: 'Hi!' } }, { reply: { text: 'Bye' } }],
}

test('the first request misses everything; reasoning and text are both completion tokens', async () => {
  const { bill } = await start(hiTwice)
  expect(await bill([hello])).toEqual({
    prompt_tokens: 9,
    prompt_cache_hit_tokens: 0,
    prompt_cache_miss_tokens: 9,
    completion_tokens: 4,
    total_tokens: 13,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 3 },
  })
})

test('the same request hits the unit at the end of its input', async () => {
  const { bill } = await start(hiTwice)
  await bill([hello])
  expect(await hits(bill, [hello])).toEqual([9, 9])
})

test('the next turn hits the unit at the end of the output: input and answer', async () => {
  const { bill } = await start(hiTwice)
  await bill([hello])
  expect(await hits(bill, [hello, hi, more])).toEqual([26, 18])
})

test('an answer that comes back changed leaves only the hit at the end of the input', async () => {
  const { bill } = await start(hiTwice)
  await bill([hello])
  expect(await hits(bill, [hello, { ...hi, content: 'Hi.' }, more])).toEqual([26, 9])
})

test('a unit must match whole: a common beginning alone is no hit', async () => {
  const { bill } = await start(hiTwice)
  await bill([hello, hi, more])
  expect(await hits(bill, [hello, hi, { ...more, content: 'Less' }])).toEqual([26, 0])
  expect(await hits(bill, [hello])).toEqual([9, 0])
})

test('units of 1,024 tokens lie inside long texts, in the prompt and in the answer', async () => {
  const text = 'x'.repeat(5_000)
  const { bill } = await start({ steps: [{ reply: { text } }, { reply: { text: 'ok' } }] })
  const long = { role: 'user', content: 'y'.repeat(5_000) }
  expect(await hits(bill, [long])).toEqual([1_258, 0])
  // The prompt is 5,029 bytes; the answer's line brings it to 10,063; 4,096 and 8,192 lie inside.
  expect(await hits(bill, [{ ...long, content: `${long.content.slice(0, 4_500)}z` }])).toEqual([1_133, 1_024])
  const answered = { role: 'assistant', content: `${text.slice(0, 4_000)}z` }
  expect(await hits(bill, [long, answered, more])).toEqual([2_275, 2_048])
})

test('the tool list stands first, so a changed tool loses the whole prefix', async () => {
  const { bill } = await start(hiTwice)
  const tools = (name: string) => ({ tools: [{ type: 'function', function: { name } }] })
  // [{"type":"function","function":{"name":"a"}}]\n is 46 bytes.
  expect(await bill([hello], tools('a'))).toMatchObject({ prompt_tokens: 20, prompt_cache_hit_tokens: 0 })
  expect(await bill([hello], tools('a'))).toMatchObject({ prompt_tokens: 20, prompt_cache_hit_tokens: 20 })
  expect(await bill([hello], tools('b'))).toMatchObject({ prompt_tokens: 20, prompt_cache_hit_tokens: 0 })
  expect(await bill([hello])).toMatchObject({ prompt_cache_hit_tokens: 0 })
})

test('a call comes back with its reasoning, and then the output is hit; without it, it is not', async () => {
  const script: ScriptInput = {
    steps: [{ reply: { reasoning: 'Hm', calls: [{ name: 'ls', arguments: {} }] } }, { reply: { text: 'ok' } }],
  }
  const { bill, model } = await start(script)
  await bill([hello])
  const id = await callId(model.url)
  const calling = (reasoning: string) => ({
    tool_calls: [{ type: 'function', function: { arguments: '{}', name: 'ls' }, id }],
    content: null,
    reasoning_content: reasoning,
    role: 'assistant',
  })
  const result = { role: 'tool', tool_call_id: id, content: 'a' }
  // 34 bytes, then {"role":"assistant","content":"","reasoning_content":"Hm",
  // "tool_calls":[{"id":"call_00_<24 hex>","name":"ls","arguments":"{}"}]}\n: 145 bytes.
  expect(await bill([hello, calling('Hm'), result])).toMatchObject({ prompt_cache_hit_tokens: Math.ceil(179 / 4) })
  expect(await bill([hello, calling('Hmm'), result])).toMatchObject({ prompt_cache_hit_tokens: 9 })
})

test('an answer that did not leave whole stores the input alone', async () => {
  const cut: ScriptInput = { steps: [{ reply: { text: 'Hi!' }, fault: { cutAtByte: 10 } }, { reply: { text: 'Bye' } }] }
  const { bill, post } = await start(cut)
  await expect(post([hello]).then((response) => response.text())).rejects.toThrow()
  expect(await hits(bill, [hello, hi, more])).toEqual([26, 9])
})

test('models do not share a cache', async () => {
  const { bill } = await start(hiTwice)
  await bill([hello])
  expect(await bill([hello], { model: 'deepseek-v4-pro' })).toMatchObject({ prompt_cache_hit_tokens: 0 })
})

test('totals add up every answer', async () => {
  const { bill, model } = await start(hiTwice)
  await bill([hello])
  await bill([hello])
  expect(model.totals).toEqual({
    answers: 2,
    promptTokens: 18,
    cacheHitTokens: 9,
    cacheMissTokens: 9,
    completionTokens: 8,
    reasoningTokens: 6,
  })
})

/** Each run starts a model of its own. */
const fewer = { numRuns: (fc.readConfigureGlobal().numRuns ?? 1_000) / 20 }

test('a hit is the longest stored unit the request starts with, for any interleaving of histories', async () => {
  const contents = fc.constantFrom('a', 'bb', 'é€😀', 'x'.repeat(4_060), 'y'.repeat(9_000))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(contents, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      async (prompts) => {
        const model = await createScriptedModel({ script: { steps: [{ when: {}, reply: { text: 'ok' } }] } })
        const units = new Set<string>()
        try {
          for (const prompt of prompts) {
            const messages = prompt.map((content) => ({ role: 'user', content }))
            const text = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
            const answered = Buffer.concat([text, Buffer.from('{"role":"assistant","content":"ok"}\n')])
            const best = [...units]
              .map((unit) => Buffer.from(unit, 'latin1'))
              .filter((unit) => text.subarray(0, unit.length).equals(unit))
            const expected = Math.max(0, ...best.map((unit) => Math.ceil(unit.length / 4)))
            const usage = await billed(await send(model.url, messages))
            expect(usage.prompt_cache_hit_tokens).toBe(expected)
            expect(usage.prompt_tokens).toBe(Math.ceil(text.length / 4))
            for (let end = 4_096; end <= answered.length; end += 4_096) units.add(answered.toString('latin1', 0, end))
            units.add(text.toString('latin1')).add(answered.toString('latin1'))
          }
        } finally {
          await model.close()
        }
      },
    ),
    fewer,
  )
})

type Bill = (messages: readonly object[], change?: object) => Promise<Usage>

/** Prompt tokens, and those of them that hit. */
async function hits(bill: Bill, messages: readonly object[]) {
  const usage = await bill(messages)
  return [usage.prompt_tokens, usage.prompt_cache_hit_tokens]
}

async function start(script: ScriptInput) {
  const model = await createScriptedModel({ script })
  onTestFinished(() => model.close())
  const post = (messages: readonly object[], change: object = {}) => send(model.url, messages, change)
  const bill: Bill = async (messages, change) => billed(await post(messages, change))
  return { model, post, bill }
}

function send(url: string, messages: readonly object[], change: object = {}) {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'deepseek-flash', messages, ...change }),
  })
}

async function billed(response: Response): Promise<Usage> {
  return z.object({ usage: usageSchema }).parse(await response.json()).usage
}

async function callId(url: string) {
  const body = await send(url, [hello]).then((response) => response.text())
  return /call_00_[0-9a-f]{24}/u.exec(body)?.[0] ?? ''
}

const usageSchema = z.strictObject({
  prompt_tokens: z.number(),
  prompt_cache_hit_tokens: z.number(),
  prompt_cache_miss_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
  prompt_tokens_details: z.strictObject({ cached_tokens: z.number() }),
  completion_tokens_details: z.strictObject({ reasoning_tokens: z.number() }),
})
