import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ScriptInput } from '../scripted-model/index.js'
import { parallelReadsMax } from './limits.js'
import { ofType, perform, resultText, sentMessages, setStage, type TestTool, toolSet } from './rehearsal.fixture.js'

interface Call {
  name: string
  arguments: Record<string, unknown>
}

function script(calls: Call[]): ScriptInput {
  return { steps: [{ reply: { calls } }, { reply: { text: 'Done.' } }] }
}

/** Tools that note when they begin and end, and end when a turn of the event loop has passed for each `ticks`. */
function tracedTools(trace: string[]): TestTool[] {
  const run: TestTool['run'] = async ({ args, name }) => {
    trace.push(`+${args.id}`)
    await delay(Number(args.ms ?? 5))
    trace.push(`-${args.id}`)
    return { text: `${name} ${args.id}` }
  }
  return [
    { name: 'read', readOnly: true, run },
    { name: 'write', run },
  ]
}

const read = (id: number, ms = 5): Call => ({ name: 'read', arguments: { id, ms } })
const write = (id: number): Call => ({ name: 'write', arguments: { id } })

test('neighbouring reads run side by side', async () => {
  const trace: string[] = []
  const stage = await setStage({ script: script([read(1), read(2), read(3)]) })
  await perform({ stage, tools: tracedTools(trace) })
  expect(trace.slice(0, 3)).toEqual(['+1', '+2', '+3'])
})

test('a call that writes waits for those before it and is waited for by those after it', async () => {
  const trace: string[] = []
  const stage = await setStage({ script: script([read(1), write(2), write(3), read(4)]) })
  await perform({ stage, tools: tracedTools(trace) })
  expect(trace).toEqual(['+1', '-1', '+2', '-2', '+3', '-3', '+4', '-4'])
})

test('no more reads than the limit run at once', async () => {
  let running = 0
  let most = 0
  const stage = await setStage({ script: script(Array.from({ length: 12 }, (_, id) => read(id))) })
  await perform({
    stage,
    tools: [
      {
        name: 'read',
        readOnly: true,
        run: async () => {
          running += 1
          most = Math.max(most, running)
          await delay(3)
          running -= 1
          return {}
        },
      },
    ],
  })
  expect(most).toBe(parallelReadsMax)
})

test('results are in the log as they come and in the request in the model’s order', async () => {
  const stage = await setStage({ script: script([read(1, 60), read(2, 1)]) })
  const { log } = await perform({ stage, tools: tracedTools([]) })
  expect(ofType(log, 'tool.finished').map(({ data }) => data.callId)).toEqual(['call_2', 'call_1'])
  const results = sentMessages(stage, 1).filter(({ role }) => role === 'tool')
  expect(results.map(({ content }) => content)).toEqual(['read 1', 'read 2'])
})

test('whether a call only reads may depend on its arguments', async () => {
  const trace: string[] = []
  const stage = await setStage({ script: script([read(1), read(2)]) })
  const [tool] = tracedTools(trace)
  await perform({ stage, tools: [{ name: 'read', isReadOnly: ({ id }) => id === 2, run: tool?.run ?? (() => ({})) }] })
  expect(trace).toEqual(['+1', '-1', '+2', '-2'])
})

test('an unknown tool gets the nearest names, and its neighbours run', async () => {
  const stage = await setStage({ script: script([{ name: 'raed', arguments: {} }, read(2)]) })
  const { log } = await perform({ stage, tools: tracedTools([]) })
  expect(resultText(log, 'call_1')).toBe('There is no tool "raed". Did you mean read?')
  expect(resultText(log, 'call_2')).toBe('read 2')
})

test('a name that endpoints would refuse is answered and sent back in a form they take', async () => {
  const stage = await setStage({ script: script([{ name: 'files.read file', arguments: {} }]) })
  await perform({ stage, tools: tracedTools([]) })
  expect(sentMessages(stage, 1)[2]).toMatchObject({ tool_calls: [{ function: { name: 'files_read_file' } }] })
})

test('arguments that are no object are refused by name of what they are', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'read', arguments: '[1]' }] } }, { reply: { text: 'Done.' } }] },
  })
  const { log } = await perform({ stage, tools: tracedTools([]) })
  expect(resultText(log, 'call_1')).toContain('must be a JSON object, found an array')
})

test('the schema of a foreign tool is checked before dispatch, that of ours is left to its server', async () => {
  const inputSchema = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  const calls = [
    { name: 'foreign', arguments: { id: 'one' } },
    { name: 'ours', arguments: { id: 'one' } },
  ]
  const stage = await setStage({ script: script(calls) })
  const { log } = await perform({
    stage,
    tools: [
      { name: 'foreign', trusted: false, inputSchema },
      { name: 'ours', inputSchema },
    ],
  })
  expect(resultText(log, 'call_1')).toContain('do not fit its schema. "id": ')
  expect(resultText(log, 'call_2')).toBe('ours done')
})

test('a schema with keywords beyond ours does not keep a foreign tool from running', async () => {
  const stage = await setStage({ script: script([{ name: 'foreign', arguments: { id: 1 } }]) })
  const inputSchema = { type: 'object', not: { required: ['other'] } }
  const { log } = await perform({ stage, tools: [{ name: 'foreign', trusted: false, inputSchema }] })
  expect(resultText(log, 'call_1')).toBe('foreign done')
})

test('control characters of a foreign tool are neutralised, what ours say is verbatim', async () => {
  const calls = ['foreign', 'ours'].map((name) => ({ name, arguments: {} }))
  const stage = await setStage({ script: script(calls) })
  const run = () => ({ text: 'a\u001b[1mb\u0000' })
  const { log } = await perform({
    stage,
    tools: [
      { name: 'foreign', trusted: false, run },
      { name: 'ours', run },
    ],
  })
  expect(resultText(log, 'call_1')).toBe('ab\ufffd')
  expect(resultText(log, 'call_2')).toBe('a\u001b[1mb\u0000')
})

test('images of a result follow in a user message', async () => {
  const image = { data: 'aGk=', mimeType: 'image/png' }
  const stage = await setStage({ script: script([{ name: 'look', arguments: {} }]) })
  const { log } = await perform({
    stage: { ...stage, model: { ...stage.model, images: false } },
    tools: [{ name: 'look', run: () => ({ text: 'A picture.', images: [image] }) }],
  })
  expect(ofType(log, 'tool.finished')[0]?.data.content).toEqual([
    { type: 'text', text: 'A picture.' },
    { type: 'image', ...image },
  ])
  expect(sentMessages(stage, 1).at(-1)?.content).toContain('an image that this model cannot see: image/png')
})

test('progress that comes after the result of its call is dropped', async () => {
  const stage = await setStage({ script: script([read(1), read(2, 40)]) })
  const { outputs, error } = await perform({
    stage,
    tools: [
      {
        name: 'read',
        readOnly: true,
        run: async ({ args, onProgress }) => {
          if (args.id === 1) setTimeout(() => onProgress('late'), 10)
          else await delay(40)
          return {}
        },
      },
    ],
  })
  expect(error).toBeUndefined()
  expect(outputs.filter((output) => output.kind === 'delta' && output.type === 'tool.progress')).toEqual([])
})

test('a tool that throws at once fails the run as one that rejects does', async () => {
  const stage = await setStage({ script: script([write(1)]) })
  const { error } = await perform({
    stage,
    tools: [{ name: 'write' }],
    deps: {
      tools: {
        ...toolSet([{ name: 'write' }]),
        call: () => {
          throw new Error('at once')
        },
      },
    },
  })
  expect(error).toMatchObject({ message: 'at once' })
})

test('a tool that breaks its promise by rejecting fails the run with its own error', async () => {
  const stage = await setStage({ script: script([write(1)]) })
  const broken = new Error('a defect')
  const { error } = await perform({ stage, tools: [{ name: 'write', run: () => Promise.reject(broken) }] })
  expect(error).toBe(broken)
})
