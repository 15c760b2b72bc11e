import { expect, test } from 'vitest'
import { type Model, type ModelCall, type ModelEvent, ModelFailure, type ModelRequest, tracedModel } from './index.js'

const request: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }], tools: [], outputTokensMax: 10 }
const usage = { input: 1, output: 1, reasoning: 0, cacheHit: 0, cacheMiss: 1 }
const answer = { finishReason: 'stop', reasoning: '', text: 'Hi.', calls: [], usage, brokenMarkup: false }

function traced(events: ModelEvent[], failure?: Error) {
  const calls: ModelCall[] = []
  const model: Model = {
    id: 'm',
    providerName: 'Test',
    thinking: false,
    images: false,
    contextTokens: 1_000,
    outputTokensMax: 10,
    costOf: () => 0,
    async *stream() {
      yield* events
      if (failure) throw failure
    },
  }
  let time = 0
  const clock = () => {
    time += 5
    return time
  }
  return {
    calls,
    stream: tracedModel(model, (call) => calls.push(call), clock).stream(request, new AbortController().signal),
  }
}

async function readAll(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

test('a call is told with its request, its answer and how long it took, and changes nothing', async () => {
  const events: ModelEvent[] = [
    { type: 'text', text: 'Hi.' },
    { type: 'complete', answer },
  ]
  const { calls, stream } = traced(events)
  expect(await readAll(stream)).toEqual(events)
  expect(calls).toEqual([
    { time: '1970-01-01T00:00:00.005Z', tookMs: 5, model: 'm', provider: 'Test', request, answer },
  ])
})

test('a call that fails is told with why, and fails as before', async () => {
  const failure = new ModelFailure('No balance.', { code: 'no_balance', retryable: false })
  const { calls, stream } = traced([{ type: 'text', text: 'Hi' }], failure)
  await expect(readAll(stream)).rejects.toBe(failure)
  expect(calls).toMatchObject([{ failure: { code: 'no_balance', message: 'No balance.' } }])
})

test('a call that nobody reads to its end is told too', async () => {
  const { calls, stream } = traced([
    { type: 'text', text: 'H' },
    { type: 'text', text: 'i' },
  ])
  for await (const _ of stream) break
  expect(calls).toMatchObject([{ failure: { code: 'stopped' } }])
})
