import { expect, test } from 'vitest'
import { toMessages } from '../context/index.js'
import type { StoredEvent } from '../events/index.js'
import { outcomeUnknownText } from '../events/index.js'
import type { ScriptInput } from '../scripted-model/index.js'
import type { LoopDeps } from './index.js'
import {
  asked,
  continuing,
  ofType,
  perform,
  resultText,
  type Stage,
  saidText,
  setStage,
  stored,
  type TestTool,
} from './rehearsal.fixture.js'

const script: ScriptInput = {
  steps: [
    {
      reply: {
        reasoning: 'First.',
        text: 'Working.',
        calls: [
          { name: 'read', arguments: { id: 1 } },
          { name: 'read', arguments: { id: 2 } },
          { name: 'write', arguments: { id: 3 } },
        ],
      },
    },
    { reply: { calls: [{ name: 'write', arguments: { id: 4 } }] }, fault: { cutAtByte: 400 } },
    { reply: { text: 'All done.' } },
  ],
}

/** Counts how often each write took effect; a key that was cut before its dispatch never shows here. */
function countingTools(writes: Map<string, number>): TestTool[] {
  return [
    { name: 'read', readOnly: true },
    {
      name: 'write',
      run: ({ key, args }) => {
        writes.set(key, (writes.get(key) ?? 0) + 1)
        return { applied: { ...args, path: 'canonical' } }
      },
    },
  ]
}

/** Every event once more, from a log cut after the n-th output; without its last event when `beforeAppend`. */
async function playWithCut(cutAt: number, beforeAppend: boolean) {
  const stage = await setStage({ script })
  const writes = new Map<string, number>()
  const tools = countingTools(writes)
  let outputs = 0
  let lastWasEvent = false
  const first = await perform({
    stage,
    tools,
    onOutput: ({ kind }) => {
      outputs += 1
      lastWasEvent = kind === 'event'
      return outputs === cutAt
    },
  })
  const history = beforeAppend && lastWasEvent ? first.log.slice(0, -1) : first.log
  const ended = history.some(({ type }) => type === 'run.finished')
  const second = ended ? first : await perform({ stage, tools, history })
  return { log: second.log, error: second.error, writes, stage, wasWhole: outputs < cutAt }
}

for (const beforeAppend of [false, true]) {
  const moment = beforeAppend ? 'right before an append' : 'right after an append or a delta'
  test(`a run killed anywhere ${moment} is resumed and ends, each side effect at most once`, {
    timeout: 60_000,
  }, async () => {
    let cutAt = 1
    for (let wasWhole = false; !wasWhole; cutAt += 1) {
      const played = await playWithCut(cutAt, beforeAppend)
      wasWhole = played.wasWhole
      expect(played.error, `cut at ${cutAt}`).toBeUndefined()
      checkResumed(played.log, played.stage)
      expect([...played.writes.values()].every((count) => count === 1)).toBe(true)
    }
    expect(cutAt).toBeGreaterThan(30)
  })
}

function checkResumed(log: readonly StoredEvent[], stage: Stage): void {
  expect(ofType(log, 'run.finished')).toHaveLength(1)
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('completed')
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
  const steps = ofType(log, 'step.finished')
  expect(steps).toHaveLength(3)
  expect(ofType(log, 'run.finished')[0]?.data.usage.output).toBe(
    steps.reduce((sum, { data }) => sum + data.usage.output, 0),
  )
  for (const { data } of ofType(log, 'tool.called')) {
    const results = ofType(log, 'tool.finished').filter((event) => event.data.callId === data.callId)
    const isOfFinishedStep = toMessages(log, stage.model).some(
      (message) => message.role === 'tool' && message.tool_call_id === data.callId,
    )
    expect(results).toHaveLength(isOfFinishedStep ? 1 : 0)
  }
  expect(saidText(log).endsWith('All done.')).toBe(true)
}

/** A log that ends while the calls of the first answer are under way. */
function interrupted(events: Parameters<typeof stored>[0]): StoredEvent[] {
  const stepId = 'step_1'
  const usage = { input: 10, output: 5, reasoning: 0, cacheHit: 0, cacheMiss: 10 }
  return stored(
    [
      { type: 'step.started', stepId, data: { model: 'deepseek-flash', attempt: 1 } },
      { type: 'tool.called', stepId, data: { callId: 'call_1', name: 'read', arguments: '{"id":1}' } },
      { type: 'tool.called', stepId, data: { callId: 'call_2', name: 'write', arguments: '{"id":2}' } },
      { type: 'tool.called', stepId, data: { callId: 'call_3', name: 'write', arguments: '{"id":3}' } },
      { type: 'step.finished', stepId, data: { finishReason: 'tool_calls', usage, cost: 0.001 } },
      ...events.map((event) => ({ ...event, stepId })),
    ],
    asked('Do it.'),
  )
}

async function resume(history: StoredEvent[], deps: Partial<LoopDeps> = {}) {
  const stage = await setStage({ script: { steps: [{ when: {}, reply: { text: 'All done.' } }] } })
  const keys: string[] = []
  const run: TestTool['run'] = ({ key }) => {
    keys.push(key)
    return {}
  }
  const tools = [
    { name: 'read', readOnly: true, run },
    { name: 'write', run },
  ]
  return { keys, stage, ...(await perform({ stage, tools, history, deps })) }
}

test('calls that were never started are run after a restart', async () => {
  const { keys, error } = await resume(interrupted([]))
  expect(error).toBeUndefined()
  expect(keys).toEqual(['run/step_1/call_1', 'run/step_1/call_2', 'run/step_1/call_3'])
})

test('a read that was under way is repeated with its key, a write is not and its outcome is called unknown', async () => {
  const started = (callId: string) => ({ type: 'tool.started' as const, data: { callId, key: `run/step_1/${callId}` } })
  const { keys, log } = await resume(interrupted([started('call_1'), started('call_2')]))
  expect(keys).toEqual(['run/step_1/call_1', 'run/step_1/call_3'])
  expect(resultText(log, 'call_2')).toBe(outcomeUnknownText)
})

test('a write of a server that keeps a journal is sent again with its key', async () => {
  const started = { type: 'tool.started' as const, data: { callId: 'call_2', key: 'run/step_1/call_2' } }
  const { keys, log } = await resume(interrupted([started]), { isJournalled: ({ name }) => name === 'write' })
  expect(keys).toEqual(['run/step_1/call_1', 'run/step_1/call_2', 'run/step_1/call_3'])
  expect(resultText(log, 'call_2')).toBe('write done')
})

test('a result that is in the log is taken', async () => {
  const finished = {
    type: 'tool.finished' as const,
    data: { callId: 'call_2', ok: true, content: [{ type: 'text' as const, text: 'kept' }], meta: {} },
  }
  const { keys, log } = await resume(interrupted([finished]))
  expect(keys).toEqual(['run/step_1/call_1', 'run/step_1/call_3'])
  expect(resultText(log, 'call_2')).toBe('kept')
})

test('usage of before the restart is counted once', async () => {
  const { log } = await resume(interrupted([]))
  const [before, after] = ofType(log, 'step.finished')
  expect(ofType(log, 'run.finished')[0]?.data.usage.output).toBe(
    (before?.data.usage.output ?? 0) + (after?.data.usage.output ?? 0),
  )
})

test('a run whose answer was whole when it was cut ends without asking again', async () => {
  const stage = await setStage({ script: { steps: [{ reply: { text: 'All done.' } }] } })
  const whole = await perform({ stage })
  const { log } = await perform({ stage, history: whole.log.slice(0, -1) })
  expect(ofType(log, 'run.finished')).toHaveLength(1)
  expect(stage.endpoint.requests).toHaveLength(1)
})

test('a run that continues another without an input tells the model to go on', async () => {
  const stage = await setStage({
    script: {
      steps: [{ when: { last: 'Go on with the task' }, reply: { text: 'On I go.' } }, { reply: { text: 'Done.' } }],
    },
  })
  const first = await perform({ stage })
  const { log, error } = await perform({ stage, history: continuing(first.log) })
  expect(error).toBeUndefined()
  expect(saidText(log)).toBe('Done.On I go.')
  const [last] = ofType(log, 'run.finished').slice(-1)
  expect(last?.data.usage).toEqual(ofType(log, 'step.finished').at(-1)?.data.usage)
})
