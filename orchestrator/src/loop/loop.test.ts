import { expect, test } from 'vitest'
import type { EventDraft } from '../events/index.js'
import { asked, ofType, perform, resultText, saidText, sentMessages, setStage } from './rehearsal.fixture.js'

test('a question is answered and the run is completed with its usage and cost', async () => {
  const stage = await setStage({ script: { steps: [{ reply: { reasoning: 'Easy.', text: 'Hello.' } }] } })
  const { log, error } = await perform({ stage })
  expect(error).toBeUndefined()
  expect(log.slice(3).map(({ type }) => type)).toEqual([
    'notice',
    'notice',
    'step.started',
    'reasoning.started',
    'reasoning.finished',
    'text.started',
    'text.finished',
    'step.finished',
    'run.finished',
  ])
  const [end] = ofType(log, 'run.finished')
  expect(end?.data.status).toBe('completed')
  expect(end?.data.usage.input).toBe(stage.endpoint.totals.promptTokens)
  expect(end?.data.cost).toBeGreaterThan(0)
})

test('the system prompt opens the request and the workspace note opens the first user message', async () => {
  const stage = await setStage({ script: { steps: [{ reply: { text: 'Hello.' } }] } })
  await perform({ stage })
  expect(sentMessages(stage, 0)).toEqual([
    { role: 'system', content: 'You are a test.' },
    { role: 'user', content: 'Date: today\n\nDo it.' },
  ])
})

test('a call runs and its result goes back with the reasoning of the message that made it', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { reply: { reasoning: 'Look first.', text: 'Reading.', calls: [{ name: 'read', arguments: { path: 'a' } }] } },
        { when: { tool: 'read', last: '(.*)' }, reply: { text: 'It says {{last}}.' } },
      ],
    },
  })
  const tools = [{ name: 'read', run: () => ({ text: 'content of a' }) }]
  const { log } = await perform({ stage, tools })
  expect(saidText(log)).toBe('Reading.It says content of a.')
  expect(sentMessages(stage, 1).slice(2)).toEqual([
    {
      role: 'assistant',
      content: 'Reading.',
      reasoning_content: 'Look first.',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'content of a' },
  ])
})

test('a text is finished before the arguments of the call after it stream', async () => {
  const calls = [{ name: 'read', arguments: { path: 'a' } }]
  const stage = await setStage({
    script: { steps: [{ reply: { text: 'Reading.', calls } }, { reply: { text: 'Done.' } }] },
  })
  const { outputs } = await perform({ stage, tools: [{ name: 'read' }] })
  const finished = outputs.findIndex((output) => output.kind === 'event' && output.event.type === 'text.finished')
  const pieces = outputs.flatMap((output, index) =>
    output.kind === 'delta' && output.type === 'tool.arguments.delta' ? [{ index, ...output }] : [],
  )
  expect(finished).toBeLessThan(pieces[0]?.index ?? 0)
  expect(pieces.map(({ text }) => text).join('')).toBe('{"path":"a"}')
  expect(new Set(pieces.map(({ part }) => part))).toEqual(new Set(['call_1']))
})

test('a call without reasoning goes back with an empty one while the model thinks', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'read', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  await perform({ stage, tools: [{ name: 'read' }] })
  expect(sentMessages(stage, 1)[2]).toMatchObject({ reasoning_content: '' })
})

test('no reasoning goes back while the model does not think', async () => {
  const stage = await setStage({
    thinking: false,
    script: { steps: [{ reply: { calls: [{ name: 'read', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  await perform({ stage, tools: [{ name: 'read' }] })
  expect(sentMessages(stage, 1)[2]).not.toHaveProperty('reasoning_content')
})

test('tool.started is in the log before the tool is dispatched', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'write', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  let inLog: string[] = []
  let atDispatch: string[] = []
  await perform({
    stage,
    tools: [
      {
        name: 'write',
        run: () => {
          atDispatch = [...inLog]
          return {}
        },
      },
    ],
    onOutput: (_, log) => {
      inLog = log.map(({ type }) => type)
    },
  })
  expect(atDispatch.at(-1)).toBe('tool.started')
})

test('the key of a call names run, step and call', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'write', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  const keys: unknown[] = []
  const { log } = await perform({
    stage,
    tools: [
      {
        name: 'write',
        run: ({ key, step }) => {
          keys.push({ key, step })
          return {}
        },
      },
    ],
  })
  expect(keys).toEqual([{ key: 'run/step_1/call_1', step: 'run/step_1' }])
  expect(ofType(log, 'tool.started')[0]?.data.key).toBe('run/step_1/call_1')
})

test('what really ran replaces what the model sent, in the very next request and only in the history', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'edit', arguments: { line: 7 } }] } }, { reply: { text: 'Done.' } }] },
  })
  const { log } = await perform({ stage, tools: [{ name: 'edit', run: () => ({ applied: { line: 9 } }) }] })
  expect(ofType(log, 'tool.called')[0]?.data.arguments).toBe('{"line":7}')
  expect(ofType(log, 'tool.corrected')[0]?.data.arguments).toBe('{"line":9}')
  expect(sentMessages(stage, 1)[2]).toMatchObject({ tool_calls: [{ function: { arguments: '{"line":9}' } }] })
})

test('a correction that changes nothing is no event', async () => {
  const stage = await setStage({
    script: {
      steps: [{ reply: { calls: [{ name: 'edit', arguments: { a: 1, b: 2 } }] } }, { reply: { text: 'Done.' } }],
    },
  })
  const { log } = await perform({ stage, tools: [{ name: 'edit', run: () => ({ applied: { b: 2, a: 1 } }) }] })
  expect(ofType(log, 'tool.corrected')).toEqual([])
})

test('a failed call keeps its own arguments', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'edit', arguments: { a: 1 } }] } }, { reply: { text: 'Done.' } }] },
  })
  const { log } = await perform({
    stage,
    tools: [{ name: 'edit', run: () => ({ ok: false, text: 'No such line.', applied: { a: 2 } }) }],
  })
  expect(ofType(log, 'tool.corrected')).toEqual([])
  expect(ofType(log, 'tool.finished')[0]?.data.ok).toBe(false)
})

test('progress of a tool streams under its call', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'build', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  const { outputs } = await perform({
    stage,
    tools: [
      {
        name: 'build',
        run: ({ onProgress }) => {
          onProgress('half \u001b[31mway\u001b[0m')
          return {}
        },
      },
    ],
  })
  expect(outputs).toContainEqual({ kind: 'delta', type: 'tool.progress', part: 'call_1', text: 'half way' })
})

test('a steering input admitted during a step is read by the next one, even after a final answer', async () => {
  const stage = await setStage({
    script: {
      steps: [{ reply: { text: 'Done.' } }, { when: { last: 'And the tests\\?' }, reply: { text: 'Tests too.' } }],
    },
  })
  const late: EventDraft = {
    type: 'input.admitted',
    runId: 'run',
    data: { inputId: 'late', delivery: 'steer', content: [{ type: 'text', text: 'And the tests?' }] },
  }
  let isSaid = false
  const { log } = await perform({
    stage,
    onOutput: ({ kind }, _, say) => {
      if (kind === 'delta' && !isSaid) say(late)
      isSaid ||= kind === 'delta'
    },
  })
  expect(saidText(log)).toBe('Done.Tests too.')
})

test('a run that is limited to some tools can call no other', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'write', arguments: {} }] } }, { reply: { text: 'Done.' } }] },
  })
  let written = false
  const { log } = await perform({
    stage,
    history: asked('Look.', { tools: ['read'] }),
    tools: [
      { name: 'read' },
      {
        name: 'write',
        run: () => {
          written = true
          return {}
        },
      },
    ],
  })
  expect(written).toBe(false)
  expect(resultText(log, 'call_1')).toContain('There is no tool "write"')
  expect(stage.endpoint.requests[0]?.body).toMatchObject({ tools: [{ function: { name: 'read' } }] })
})

test('system prompt and tool list are the same bytes in every request of a session', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { reply: { calls: [{ name: 'read', arguments: {} }] } },
        { reply: { calls: [{ name: 'read', arguments: {} }] } },
        { reply: { text: 'Done.' } },
      ],
    },
  })
  await perform({ stage, tools: [{ name: 'read' }] })
  const bodies = stage.endpoint.requests.map(({ body }) => JSON.stringify(body))
  const prefixes = stage.endpoint.requests.map((_, index) => JSON.stringify(sentMessages(stage, index)).slice(0, -1))
  expect(bodies).toHaveLength(3)
  expect(prefixes[1]?.startsWith(prefixes[0] ?? '?')).toBe(true)
  expect(prefixes[2]?.startsWith(prefixes[1] ?? '?')).toBe(true)
  expect(stage.endpoint.totals.cacheHitTokens).toBeGreaterThan(0)
})
