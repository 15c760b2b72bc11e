import { expect, test } from 'vitest'
import type { ScriptInput } from '../scripted-model/index.js'
import { markupVariants, renderMarkup } from '../scripted-model/index.js'
import {
  asked,
  ofType,
  type Performance,
  perform,
  resultText,
  type Stage,
  saidText,
  setStage,
} from './rehearsal.fixture.js'

type Fault = NonNullable<ScriptInput['steps'][number]['fault']>

const reply = { reasoning: 'Let me think: ü, 漢字, 🙂.', text: 'The answer is 42, naïve 漢字 🙂.' }

/** A run over one answer that meets a fault. */
async function meet(fault: Fault, timeouts = {}): Promise<Performance & { stage: Stage }> {
  const stage = await setStage({ script: { steps: [{ reply, fault }] }, timeouts })
  return { stage, ...(await perform({ stage })) }
}

function expectOneAnswer({ log, error }: Performance): void {
  expect(error).toBeUndefined()
  const kept = log.slice(log.findLastIndex(({ type }) => type === 'step.started'))
  expect(saidText(kept)).toBe(reply.text)
  const [end] = ofType(log, 'run.finished')
  const steps = ofType(log, 'step.finished')
  expect(end?.data.status).toBe('completed')
  expect(steps).toHaveLength(1)
  expect(end?.data.usage).toEqual(steps[0]?.data.usage)
}

const passing: Record<string, Fault> = {
  'a connection that breaks before the first byte': { cutAtByte: 0 },
  'a connection that breaks in mid-stream': { cutAtByte: 900 },
  'a clean end in mid-stream': { endAtByte: 900 },
  'a clean end without [DONE]': { omit: ['done'] },
  'a stream without a finish reason': { omit: ['finish_reason'] },
  'a stream without either': { omit: ['done', 'finish_reason'] },
  'an answer the server gave up on': { finishReason: 'insufficient_system_resource' },
  'a 429': { status: 429 },
  'a 500': { status: 500 },
  'a 503': { status: 503 },
}

for (const [what, fault] of Object.entries(passing)) {
  test(`${what} is discarded, tried again, and counted once`, async () => {
    const played = await meet(fault)
    expectOneAnswer(played)
    expect(ofType(played.log, 'step.discarded')).toHaveLength(1)
    expect(ofType(played.log, 'step.started').map(({ data }) => data.attempt)).toEqual([1, 2])
    expect(played.stage.waits).toEqual([375])
  })
}

test('what a discarded attempt said is not sent back', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { reply: { ...reply, calls: [{ name: 'read', arguments: {} }] }, fault: { cutAtByte: 2_500 } },
        { reply: { text: 'Done.' } },
      ],
    },
  })
  await perform({ stage, tools: [{ name: 'read' }] })
  const [first, second] = stage.endpoint.requests.map(({ body }) => JSON.stringify(body))
  expect(first).toBe(second)
})

test('a silent endpoint is given up after the first-byte time', async () => {
  const played = await meet({ stallAtByte: 0 }, { firstByteMs: 60 })
  expectOneAnswer(played)
  expect(ofType(played.log, 'step.discarded')[0]?.data.reason).toContain('no first byte')
})

test('an endpoint that falls silent in mid-stream is given up after the idle time', async () => {
  const played = await meet({ stallAtByte: 900 }, { idleMs: 60 })
  expectOneAnswer(played)
  expect(ofType(played.log, 'step.discarded')[0]?.data.reason).toContain('fell silent')
})

test('keep-alive comments keep an attempt alive beyond the idle time', async () => {
  const played = await meet({ keepAliveMs: 1_500, keepAliveEveryMs: 50 }, { firstByteMs: 1_000, idleMs: 1_000 })
  expectOneAnswer(played)
  expect(ofType(played.log, 'step.discarded')).toEqual([])
})

test('keep-alive comments do not keep an attempt alive beyond the total time', async () => {
  const played = await meet({ keepAliveMs: 5_000, keepAliveEveryMs: 50 }, { totalMs: 400 })
  expectOneAnswer(played)
  expect(ofType(played.log, 'step.discarded')[0]?.data.reason).toContain('did not finish')
})

test('Retry-After is waited for', async () => {
  const { stage } = await meet({ status: 429, retryAfter: '7' })
  expect(stage.waits).toEqual([7_000])
})

test('a Retry-After beyond the limit ends the run at once', async () => {
  const { error, stage } = await meet({ status: 429, retryAfter: '86400', times: 'always' })
  expect(error).toMatchObject({ code: 'rate_limited' })
  expect(stage.endpoint.requests).toHaveLength(1)
})

test('nonsense in Retry-After is passed over', async () => {
  const played = await meet({ status: 429, retryAfter: 'soon' })
  expectOneAnswer(played)
  expect(played.stage.waits).toEqual([375])
})

test('an endpoint that never recovers gets ten retries with growing waits, then the run fails and says why', async () => {
  const { error, log, stage } = await meet({ status: 503, times: 'always' })
  expect(error).toMatchObject({ code: 'overloaded' })
  expect(stage.endpoint.requests).toHaveLength(11)
  expect(stage.waits).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500, 22_500])
  expect(ofType(log, 'step.finished')).toEqual([])
})

const final = { 400: 'bad_request', 401: 'unauthorized', 402: 'no_balance', 404: 'not_found', 422: 'bad_request' }
for (const [status, code] of Object.entries(final)) {
  test(`a ${status} is not tried again and fails the run as ${code}`, async () => {
    const { error, stage } = await meet({ status: Number(status), message: 'scripted refusal', times: 'always' })
    expect(error).toMatchObject({ code, message: expect.stringContaining('scripted refusal') })
    expect(stage.endpoint.requests).toHaveLength(1)
    expect(stage.waits).toEqual([])
  })
}

test('a refused key names the variable to check', async () => {
  const stage = await setStage({ script: { steps: [{ reply }] }, apiKey: 'right' })
  const { error } = await perform({ stage })
  expect(error).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('DEEPSEEK_API_KEY') })
})

const harmless: Record<string, Fault> = {
  'pieces of one byte': { chunkBytes: 1 },
  'pieces that split characters': { splitCharacters: true },
  'usage on the last chunk': { usage: 'last' },
  'usage on a trailing chunk': { usage: 'trailing' },
}
for (const [what, fault] of Object.entries(harmless)) {
  test(`${what} change nothing`, async () => {
    const played = await meet(fault)
    expectOneAnswer(played)
    expect(played.stage.endpoint.requests).toHaveLength(1)
    expect(ofType(played.log, 'run.finished')[0]?.data.usage.output).toBe(played.stage.endpoint.totals.completionTokens)
  })
}

test('an endpoint that reports no usage gets an estimate', async () => {
  const played = await meet({ usage: 'none' })
  expectOneAnswer(played)
  expect(ofType(played.log, 'run.finished')[0]?.data.usage.input).toBeGreaterThan(0)
})

test('an empty answer gets one nudge and the run goes on', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'was empty' }, reply: { text: 'Here I am.' } },
        { reply, fault: { empty: true } },
      ],
    },
  })
  const { log, error } = await perform({ stage })
  expect(error).toBeUndefined()
  expect(saidText(log)).toBe('Here I am.')
})

test('a second empty answer fails the run instead of a third question', async () => {
  const { error, stage } = await meet({ empty: true, times: 'always' })
  expect(error).toMatchObject({ code: 'empty_answer' })
  expect(stage.endpoint.requests).toHaveLength(2)
})

test('a text that is cut by length is gone on with', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'was cut off' }, reply: { text: ' and this.' } },
        { reply: { text: 'This and that' }, fault: { lengthAtByte: 4 } },
      ],
    },
  })
  const { log } = await perform({ stage })
  expect(saidText(log)).toBe('This and this.')
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('completed')
})

test('thinking that uses up the whole output gets one nudge to think less', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'still thinking' }, reply: { text: 'Done.' } },
        { reply: { reasoning: 'On and on.', text: 'never said' }, fault: { empty: true, finishReason: 'length' } },
      ],
    },
  })
  const { log } = await perform({ stage })
  expect(saidText(log)).toBe('Done.')
})

test('an answer that the content filter stopped fails the run, and none of its calls is run', async () => {
  const { error, ran } = await call({ finishReason: 'content_filter' }, [write])
  expect(error).toMatchObject({ code: 'content_filter' })
  expect(ran).toEqual([])
})

test('the reason of a discarded attempt says when the next one comes', async () => {
  const { log } = await meet({ status: 429, retryAfter: '7', message: 'slow down' })
  expect(ofType(log, 'step.discarded')[0]?.data.reason).toBe(
    'DeepSeek answered HTTP 429: slow down. Trying again in 7.0 s.',
  )
})

/** A run in which one call meets a fault and the model then says what the tool said. */
async function call(fault: Fault | undefined, calls: { name: string; arguments: Record<string, unknown> }[]) {
  const ran: unknown[] = []
  const stage = await setStage({
    script: {
      steps: [
        { reply: { reasoning: 'Write.', text: 'Writing.', calls }, ...(fault === undefined ? {} : { fault }) },
        { reply: { text: 'Done.' } },
      ],
    },
  })
  const run = ({ name, args }: { name: string; args: unknown }) => {
    ran.push({ name, args })
    return {}
  }
  const tools = [
    { name: 'write', run },
    { name: 'read', readOnly: true, run },
  ]
  return { stage, ran, ...(await perform({ stage, tools, history: asked('Write.') })) }
}

const write = {
  name: 'write',
  arguments: { path: 'a.txt', text: 'line 1\nline "2" ü 漢字 🙂', count: 3, deep: { a: [1] } },
}

test('arguments cut by length are never run, wherever the cut is', async () => {
  const length = Buffer.byteLength(JSON.stringify(write.arguments))
  for (let at = 0; at < length; at += 7) {
    const { ran, log, error } = await call({ lengthAtByte: at }, [write])
    expect(error).toBeUndefined()
    expect(ran).toEqual([])
    expect(resultText(log, 'call_1')).toMatch(/Nothing was run: the answer was cut/)
    expect(ofType(log, 'run.finished')[0]?.data.status).toBe('completed')
  }
})

test('two calls with one index are two calls', async () => {
  const read = { name: 'read', arguments: { path: 'b' } }
  const { ran } = await call({ sameIndex: true }, [write, read])
  expect(ran).toEqual([
    { name: 'write', args: write.arguments },
    { name: 'read', args: { path: 'b' } },
  ])
})

test('broken arguments get a result that says where, and the run goes on', async () => {
  const { ran, log } = await call({ arguments: '{"path": "a", "text": nope}' }, [write])
  expect(ran).toEqual([])
  expect(resultText(log, 'call_1')).toBe(
    'Nothing was run: the arguments of write are not valid JSON: expected a value at line 1, column 23 after ' +
      '"{\\"path\\": \\"a\\", \\"text\\": ", found "nope}". Send the call again with valid JSON.',
  )
})

test('arguments with one way to mend them run, and the history shows them mended', async () => {
  const { ran, log, stage } = await call({ arguments: '```json\n{"path": "a\nb",}\n' }, [write])
  expect(ran).toEqual([{ name: 'write', args: { path: 'a\nb' } }])
  expect(ofType(log, 'tool.corrected')[0]?.data.arguments).toBe('{"path":"a\\nb"}')
  expect(JSON.stringify(stage.endpoint.requests[1]?.body)).toContain('{\\"path\\":\\"a\\\\nb\\"}')
})

for (const variant of markupVariants) {
  test(`a call that leaks into the text as ${variant} runs, and nobody reads the markup`, async () => {
    const { ran, log, error, outputs } = await call({ markup: { variant } }, [write])
    expect(error).toBeUndefined()
    expect(ran).toEqual([{ name: 'write', args: write.arguments }])
    expect(saidText(log)).toBe('Writing.\n\nDone.')
    const shown = outputs.map((output) => (output.kind === 'delta' ? output.text : '')).join('')
    expect(shown).not.toMatch(/DSML|invoke|tool_call|▁/)
  })
}

test('a leak is recognised wherever the stream splits it', { timeout: 60_000 }, async () => {
  const calls = [{ name: 'write', arguments: { text: '漢字 < 3' } }]
  const length = Buffer.byteLength(
    renderMarkup(
      calls.map((each) => ({ name: each.name, arguments: JSON.stringify(each.arguments) })),
      'dsml-v4',
    ),
  )
  for (let splitAtByte = 1; splitAtByte < length; splitAtByte += 1) {
    const { ran, log } = await call({ markup: { variant: 'dsml-v4', splitAtByte } }, calls)
    expect(ran).toEqual([{ name: 'write', args: { text: '漢字 < 3' } }])
    expect(saidText(log)).toBe('Writing.\n\nDone.')
  }
})

test('a text that talks about the markup stays a text and runs nothing', async () => {
  const text = [
    'DeepSeek writes calls like this:',
    '```',
    '<｜DSML｜tool_calls>',
    '<｜DSML｜invoke name="write">',
    '<｜DSML｜parameter name="path" string="true">a</｜DSML｜parameter>',
    '</｜DSML｜invoke>',
    '</｜DSML｜tool_calls>',
    '```',
    'The tag `<｜DSML｜invoke name="write">` names the tool.',
  ].join('\n')
  const stage = await setStage({ script: { steps: [{ reply: { text } }] } })
  const { log, error } = await perform({ stage, tools: [{ name: 'write' }] })
  expect(error).toBeUndefined()
  expect(saidText(log)).toBe(text)
  expect(ofType(log, 'tool.called')).toEqual([])
})

test('markup of a known tool that cannot be read gets one nudge', async () => {
  const text = '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="write">\n<｜DSML｜parameter name="path" string="true">a'
  const stage = await setStage({
    script: { steps: [{ when: { last: 'tool-call markup' }, reply: { text: 'Done.' } }, { reply: { text } }] },
  })
  const { log } = await perform({ stage, tools: [{ name: 'write' }] })
  expect(ofType(log, 'tool.called')).toEqual([])
  expect(saidText(log)).toBe(`${text}Done.`)
})
