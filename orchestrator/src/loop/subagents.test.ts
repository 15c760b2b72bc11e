import { expect, test } from 'vitest'
import type { StoredEvent } from '../events/index.js'
import {
  asked,
  ofType,
  perform,
  resultText,
  saidText,
  sentMessages,
  setStage,
  type TestTool,
} from './rehearsal.fixture.js'
import { subagentResultCharsMax } from './tools/subagent.js'

const delegate = (task: string) => ({ name: 'subagent', arguments: { task } })

const script = {
  steps: [
    { when: { last: 'Do it' }, reply: { calls: [delegate('Find one.'), delegate('Find two.')] } },
    {
      when: { last: 'Find (one|two)' },
      reply: { text: 'Looking.', calls: [{ name: 'read', arguments: { path: '{{1}}' } }] },
    },
    { when: { last: 'read done' }, reply: { text: 'It is there.' } },
    { when: { last: 'It is there' }, reply: { text: 'Both are there.' } },
  ],
}

const read: TestTool = { name: 'read', readOnly: true }

function inside(log: readonly StoredEvent[]): StoredEvent[] {
  return log.filter(({ parentRunId }) => parentRunId === 'run')
}

test('sub-agents work side by side on their own, and their answers are results of the calls', async () => {
  const stage = await setStage({ script })
  const { log, error } = await perform({ stage, tools: [read, { name: 'write' }] })
  expect(error).toBeUndefined()
  expect(saidText(log.filter(({ parentRunId }) => parentRunId === undefined))).toBe('Both are there.')
  expect(
    resultText(
      log.filter(({ parentRunId }) => parentRunId === undefined),
      'call_1',
    ),
  ).toBe('It is there.')
  const runs = new Set(inside(log).map(({ runId }) => runId))
  expect(runs.size).toBe(2)
  const starts = log.flatMap(({ type }, index) => (type === 'subagent.started' ? [index] : []))
  const ends = log.flatMap(({ type }, index) => (type === 'subagent.finished' ? [index] : []))
  expect(Math.max(...starts)).toBeLessThan(Math.min(...ends))
})

test('a sub-agent is offered the tools that only read, and its events stream inside the log of its parent', async () => {
  const stage = await setStage({ script })
  const { log, outputs } = await perform({ stage, tools: [read, { name: 'write' }] })
  const offered = stage.endpoint.requests.map(({ body }) =>
    (body as { tools?: { function: { name: string } }[] }).tools?.map((tool) => tool.function.name),
  )
  expect(offered[0]).toEqual(['read', 'write', 'subagent', 'continue_as_new_chat'])
  expect(offered[1]).toEqual(['read'])
  expect(outputs.some((output) => output.kind === 'delta' && output.runId !== undefined)).toBe(true)
  const [end] = log.filter(({ type, parentRunId }) => type === 'run.finished' && parentRunId === undefined)
  expect(end?.type === 'run.finished' && end.data.usage.input).toBe(stage.endpoint.totals.promptTokens)
})

test('a sub-agent cannot do more than read, also with a tool that it was not offered', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'Do it' }, reply: { calls: [delegate('Break it.')] } },
        {
          when: { last: 'Break it' },
          reply: {
            calls: [
              { name: 'write', arguments: {} },
              { name: 'mixed', arguments: { action: 'write' } },
            ],
          },
        },
        { when: { last: 'only read' }, reply: { text: 'I could not.' } },
        { when: { last: 'I could not' }, reply: { text: 'So be it.' } },
      ],
    },
  })
  const ran: string[] = []
  const mixed: TestTool = {
    name: 'mixed',
    mayRead: true,
    isReadOnly: ({ action }) => action === 'read',
    run: () => {
      ran.push('mixed')
      return {}
    },
  }
  const { log } = await perform({
    stage,
    tools: [
      read,
      mixed,
      {
        name: 'write',
        run: () => {
          ran.push('write')
          return {}
        },
      },
    ],
  })
  expect(ran).toEqual([])
  expect(inside(log).filter(({ type }) => type === 'tool.finished')).toHaveLength(2)
  expect(saidText(log.filter(({ parentRunId }) => parentRunId === undefined))).toBe('So be it.')
})

test('a long answer is cut, and the rest is kept where the model can read it', async () => {
  const long = 'x'.repeat(subagentResultCharsMax + 500)
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'Do it' }, reply: { calls: [delegate('Tell all.')] } },
        { when: { last: 'Tell all' }, reply: { text: long } },
        { when: { last: '^x+' }, reply: { text: 'Read.' } },
      ],
    },
  })
  const kept: string[] = []
  const { log } = await perform({
    stage,
    tools: [read],
    deps: {
      keepOutput: async ({ text }) => {
        kept.push(text)
        return 'all of it is in /kept'
      },
    },
  })
  expect(kept).toEqual([long])
  expect(resultText(log, 'call_1')).toMatch(/^x{4000}\n\[500 characters left out; all of it is in \/kept\]$/)
  expect(ofType(log, 'subagent.finished')[0]?.data.text).toBe(long)
})

test('a sub-agent ends with its parent, and whoever follows it sees that', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'Do it' }, reply: { calls: [delegate('Wait.')] } },
        { reply: { calls: [{ name: 'read', arguments: {} }] } },
      ],
    },
  })
  const abort = new AbortController()
  const waiting: TestTool = {
    ...read,
    run: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        abort.abort(new Error('stop'))
      }),
  }
  const { log, error } = await perform({ stage, tools: [waiting], signal: abort.signal })
  expect(error).toMatchObject({ message: 'stop' })
  expect(inside(log).at(-1)?.type).toBe('run.cancelled')
  expect(ofType(log, 'subagent.finished')[0]?.data.ok).toBe(false)
})

test('killed after any event, a run with a sub-agent goes on from the log and delegates nothing twice', {
  timeout: 60_000,
}, async () => {
  const once = {
    steps: [{ when: { last: 'Do it' }, reply: { calls: [delegate('Find one.')] } }, ...script.steps.slice(1)],
  }
  for (let cut = 1; ; cut += 1) {
    const stage = await setStage({ script: once })
    let outputs = 0
    const first = await perform({
      stage,
      tools: [read],
      onOutput: () => {
        outputs += 1
        return outputs === cut
      },
    })
    if (outputs < cut) break
    if (ofType(first.log, 'run.finished').some(({ parentRunId }) => parentRunId === undefined)) continue
    const { log, error } = await perform({ stage, tools: [read], history: first.log })
    expect(error, `cut at ${cut}`).toBeUndefined()
    expect(ofType(log, 'subagent.started'), `cut at ${cut}`).toHaveLength(1)
    expect(ofType(log, 'subagent.finished').at(-1)?.data, `cut at ${cut}`).toMatchObject({
      ok: true,
      text: 'It is there.',
    })
    expect(saidText(log.filter(({ parentRunId }) => parentRunId === undefined)), `cut at ${cut}`).toMatch(
      /Both are there\.$/,
    )
  }
})

test('a run that may have no sub-agents ends with the limit when the model asks for one', async () => {
  const stage = await setStage({ script })
  const { log } = await perform({ stage, tools: [read], history: asked('Do it.', { limits: { subagentDepth: 0 } }) })
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('limit_subagent_depth')
})

test.each([
  [{}, 'Expected a task'],
  [{ task: '' }, 'Expected a task'],
  [{ task: 'x', tools: ['write'] }, 'cannot have write'],
  [{ task: 'x', tools: 'read' }, 'must be array'],
])('a delegation of %j is refused with what was expected', async (args, problem) => {
  const stage = await setStage({
    script: { steps: [{ reply: { calls: [{ name: 'subagent', arguments: args }] } }, { reply: { text: 'Well.' } }] },
  })
  const { log } = await perform({ stage, tools: [read, { name: 'write' }] })
  expect(resultText(log, 'call_1')?.toLowerCase()).toContain(problem.toLowerCase().replace('expected a task', 'task'))
  expect(inside(log)).toEqual([])
  expect(sentMessages(stage, 1).length).toBeGreaterThan(0)
})

test('what a sub-agent has taken before a restart counts once against the limits of its parent', async () => {
  const stage = await setStage({
    script: {
      steps: [
        { when: { last: 'Do it' }, reply: { calls: [delegate('Find one.')] } },
        { when: { last: 'Find one' }, reply: { calls: [{ name: 'read', arguments: {} }] } },
        { when: { last: 'read done' }, reply: { calls: [{ name: 'look', arguments: {} }] } },
        { when: { last: 'look done' }, reply: { text: 'It is there.' } },
        { when: { last: 'It is there' }, reply: { text: 'Found.' } },
      ],
    },
  })
  const tools = [read, { name: 'look', readOnly: true }]
  const history = asked('Do it.', { limits: { toolCalls: 3 } })
  const cut = await perform({ stage, tools, history, onOutput: (_, log) => log.at(-1)?.type === 'tool.finished' })
  const { log } = await perform({ stage, tools, history: cut.log })
  expect(ofType(log, 'subagent.finished')[0]?.data).toMatchObject({ ok: true, text: 'It is there.' })
})
