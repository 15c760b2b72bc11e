import { expect, test } from 'vitest'
import type { Limits } from '../events/index.js'
import { systemClock } from './clock.js'
import { cancelGraceMs } from './limits.js'
import { asked, continuing, ofType, perform, resultText, setStage, type TestTool } from './rehearsal.fixture.js'

const forever = { steps: [{ when: {}, reply: { calls: [{ name: 'read', arguments: {} }] } }] }
const read: TestTool = { name: 'read', readOnly: true }

async function limited(limits: Limits) {
  const stage = await setStage({ script: forever })
  const played = await perform({ stage, tools: [read], history: asked('Go on for ever.', { limits }) })
  return { stage, ...played, end: ofType(played.log, 'run.finished')[0] }
}

test('a run stops after its iterations, each counted once, and says so', async () => {
  const { end, stage, log } = await limited({ iterations: 3 })
  expect(end?.data.status).toBe('limit_iterations')
  expect(stage.endpoint.requests).toHaveLength(3)
  expect(ofType(log, 'tool.finished')).toHaveLength(3)
})

test('the default limit is 30 iterations', async () => {
  const { end, stage } = await limited({})
  expect(end?.data.status).toBe('limit_iterations')
  expect(stage.endpoint.requests).toHaveLength(30)
})

test('a run stops when its tokens are used up', async () => {
  const { end, stage } = await limited({ tokens: 1 })
  expect(end?.data.status).toBe('limit_tokens')
  expect(stage.endpoint.requests).toHaveLength(1)
})

test('a run stops when its money is spent', async () => {
  const { end, stage } = await limited({ costUsd: 0.000001 })
  expect(end?.data.status).toBe('limit_cost')
  expect(stage.endpoint.requests).toHaveLength(1)
})

test('a run stops before the call that is one too many', async () => {
  const { end, log } = await limited({ toolCalls: 2 })
  expect(end?.data.status).toBe('limit_tool_calls')
  expect(ofType(log, 'tool.started')).toHaveLength(2)
})

test('a limit is a place to go on from: what was not run is told to the model', async () => {
  const { log } = await limited({ toolCalls: 1 })
  const stage = await setStage({ script: { steps: [{ when: {}, reply: { text: 'I see.' } }] } })
  const again = await perform({ stage, tools: [read], history: continuing(log) })
  expect(again.error).toBeUndefined()
  expect(JSON.stringify(stage.endpoint.requests[0]?.body)).toContain('Not run: the run ended')
})

test('a run stops at its wall time even while a tool hangs', async () => {
  const stage = await setStage({ script: forever })
  const hanging: TestTool = {
    name: 'read',
    run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const clock = {
    ...stage.clock,
    sleep: (ms: number, signal: AbortSignal) =>
      ms === 5 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : stage.clock.sleep(ms, signal),
  }
  const { log, error } = await perform({
    stage,
    tools: [hanging],
    history: asked('Hang.', { limits: { wallTimeMs: 5 } }),
    deps: { clock },
  })
  expect(error).toBeUndefined()
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('limit_wall_time')
})

test('a run stops at its wall time while it waits for a retry', async () => {
  const fault = { status: 429, retryAfter: '60', times: 'always' as const }
  const stage = await setStage({ script: { steps: [{ reply: { text: 'Never.' }, fault }] } })
  const { log, error } = await perform({
    stage,
    history: asked('Wait.', { limits: { wallTimeMs: 200 } }),
    deps: { clock: systemClock },
  })
  expect(error).toBeUndefined()
  expect(ofType(log, 'run.finished')[0]?.data.status).toBe('limit_wall_time')
})

test('cancelling in real time ends the wait for a retry with the reason', async () => {
  const fault = { status: 429, retryAfter: '60', times: 'always' as const }
  const stage = await setStage({ script: { steps: [{ reply: { text: 'Never.' }, fault }] } })
  const user = new AbortController()
  const { error } = await perform({
    stage,
    signal: user.signal,
    deps: { clock: systemClock },
    onOutput: (output) => {
      if (output.kind === 'event' && output.event.type === 'step.discarded') {
        setTimeout(() => user.abort(new Error('stop')), 20)
      }
    },
  })
  expect(error).toMatchObject({ message: 'stop' })
})

test('a cancelled call gets a result, those not started get none, and the run throws the reason', async () => {
  const calls = [
    { name: 'write', arguments: {} },
    { name: 'write', arguments: {} },
  ]
  const stage = await setStage({ script: { steps: [{ reply: { calls } }] } })
  const user = new AbortController()
  const { log, error } = await perform({
    stage,
    signal: user.signal,
    tools: [
      {
        name: 'write',
        run: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
            user.abort(new Error('stop, please'))
          }),
      },
    ],
  })
  expect(error).toMatchObject({ message: 'stop, please' })
  expect(ofType(log, 'tool.started')).toHaveLength(1)
  expect(resultText(log, 'call_1')).toMatch(/^Cancelled while it ran/)
  expect(resultText(log, 'call_2')).toBeUndefined()
})

test('a result that comes in spite of the cancellation is taken', async () => {
  const stage = await setStage({ script: { steps: [{ reply: { calls: [{ name: 'write', arguments: {} }] } }] } })
  const user = new AbortController()
  const { log } = await perform({
    stage,
    signal: user.signal,
    tools: [
      {
        name: 'write',
        run: () => {
          user.abort(new Error('stop'))
          return { text: 'written all the same' }
        },
      },
    ],
  })
  expect(resultText(log, 'call_1')).toBe('written all the same')
})

test('a tool that does not react to its cancellation is left behind after the grace time', async () => {
  const stage = await setStage({ script: { steps: [{ reply: { calls: [{ name: 'write', arguments: {} }] } }] } })
  const user = new AbortController()
  let stoppedAt = 0
  const { log } = await perform({
    stage,
    signal: user.signal,
    tools: [
      {
        name: 'write',
        run: () => {
          stoppedAt = performance.now()
          user.abort(new Error('stop'))
          return new Promise(() => {})
        },
      },
    ],
  })
  expect(performance.now() - stoppedAt).toBeLessThan(cancelGraceMs * 4)
  expect(resultText(log, 'call_1')).toMatch(/^Cancelled while it ran/)
})

test('cancelling in mid-stream discards the step and leaves the endpoint at once', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { text: 'Slowly, slowly.' }, fault: { stallAtByte: 900 } }] },
  })
  const user = new AbortController()
  const { log, error } = await perform({
    stage,
    signal: user.signal,
    onOutput: ({ kind }) => {
      if (kind === 'delta') user.abort(new Error('stop'))
    },
  })
  expect(error).toMatchObject({ message: 'stop' })
  expect(ofType(log, 'step.discarded')).toHaveLength(1)
  expect(ofType(log, 'run.finished')).toEqual([])
})

test('cancelling during the wait for a retry ends the wait', async () => {
  const stage = await setStage({
    script: { steps: [{ reply: { text: 'No.' }, fault: { status: 503, times: 'always' } }] },
  })
  const user = new AbortController()
  const clock = {
    ...stage.clock,
    sleep: (ms: number, signal: AbortSignal) => {
      if (ms > 10_000) return stage.clock.sleep(ms, signal)
      user.abort(new Error('stop'))
      return Promise.reject(signal.reason)
    },
  }
  const { error } = await perform({ stage, signal: user.signal, deps: { clock } })
  expect(error).toMatchObject({ message: 'stop' })
  expect(stage.endpoint.requests).toHaveLength(1)
})

test('a run that is cancelled before it begins asks nobody', async () => {
  const stage = await setStage({ script: forever })
  const { error } = await perform({ stage, signal: AbortSignal.abort(new Error('never mind')) })
  expect(error).toMatchObject({ message: 'never mind' })
  expect(stage.endpoint.requests).toEqual([])
})
