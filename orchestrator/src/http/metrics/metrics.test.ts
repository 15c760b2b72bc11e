import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import type { Agent, LoopOutput } from '../../events/index.js'
import { createStage, event, finished, notice, wordsAgent } from '../../sessions/agent.fixture.js'
import { type Bench, bareStream, createBench } from '../server.fixture.js'
import { labelValuesMax } from './label-names.js'
import { createMetrics } from './metrics.js'

const usage = { input: 100, output: 7, reasoning: 3, cacheHit: 64, cacheMiss: 36 }

let bench: Bench | undefined
afterEach(async () => {
  await bench?.dispose()
  bench = undefined
})

async function start(agent: Agent): Promise<Bench> {
  const metrics = createMetrics({ providerOf: (model) => (model === 'flash' ? 'deepseek' : 'other') })
  const streamLimits = { heartbeatMs: 50, stallMs: 200, reconnectMs: 10 }
  bench = await createBench({ agent, metrics, streamLimits })
  return bench
}

/** The samples of a scrape, by name and labels as they stand there. */
async function scrape(running: Bench): Promise<Map<string, number>> {
  const { status, body, headers } = await running.call('GET', '/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines: string[] = body.split('\n').filter((line: string) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

async function run(running: Bench, input: string): Promise<string> {
  const id = await running.session()
  await running.call('POST', `/v1/sessions/${id}/runs`, { input }, { accept: 'text/event-stream' })
  return id
}

const answering: Agent = async function* () {
  const stepId = 'step_1'
  yield event({ type: 'step.started', stepId, data: { model: 'flash', attempt: 1 } })
  yield event({ type: 'step.discarded', stepId, data: { reason: 'cut' } })
  yield event({ type: 'step.started', stepId, data: { model: 'flash', attempt: 2 } })
  yield event({ type: 'text.started', stepId, data: {} }, 'text:1')
  yield event({ type: 'text.finished', stepId, data: { text: 'x' } }, 'text:1')
  yield* call('c1', 'read_file', true)
  yield* call('c2', 'read_file', false)
  yield event({ type: 'step.finished', stepId, data: { finishReason: 'stop', usage, cost: 0 } })
  yield finished()
}

function* call(callId: string, name: string, ok: boolean): Generator<LoopOutput> {
  yield event({ type: 'tool.called', data: { callId, name, arguments: '{}' } })
  yield event({ type: 'tool.started', data: { callId, key: callId } })
  yield event({ type: 'tool.finished', data: { callId, ok, content: [], meta: {} } })
}

test('runs, model calls, tokens, tools and appends are counted as the log tells them', async () => {
  const running = await start(answering)
  await run(running, 'x')
  const seen = await scrape(running)
  const model = 'provider="deepseek",model="flash"'
  expect(Object.fromEntries(seen)).toMatchObject({
    auroracoder_runs_started_total: 1,
    'auroracoder_runs_finished_total{status="completed"}': 1,
    auroracoder_runs_active: 0,
    [`auroracoder_model_calls_total{${model},outcome="finished"}`]: 1,
    [`auroracoder_model_calls_total{${model},outcome="discarded"}`]: 1,
    [`auroracoder_model_tokens_total{${model},kind="cache_hit"}`]: 64,
    [`auroracoder_model_tokens_total{${model},kind="cache_miss"}`]: 36,
    [`auroracoder_model_tokens_total{${model},kind="output"}`]: 7,
    [`auroracoder_model_first_token_seconds_count{${model}}`]: 1,
    'auroracoder_tool_call_seconds_count{tool="read_file",ok="true"}': 1,
    'auroracoder_tool_call_seconds_count{tool="read_file",ok="false"}': 1,
    // session.created, input.admitted, run.started, and the agent's
    auroracoder_events_appended_total: 3 + 13,
    auroracoder_append_failures_total: 0,
  })
  expect(seen.get('auroracoder_append_seconds_count')).toBe(15)
  for (const name of [
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p50_seconds',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    expect(seen.get(name), name).toBeGreaterThan(0)
  }
})

test.each([
  ['break', 'failed'],
  ['limit', 'limit_iterations'],
])('a run that meets "%s" is counted as %s', async (input, status) => {
  const running = await start(wordsAgent)
  await run(running, input)
  expect((await scrape(running)).get(`auroracoder_runs_finished_total{status="${status}"}`)).toBe(1)
})

test('active runs and open sessions go up and down with the runs', async () => {
  const stage = createStage()
  const running = await start(stage.agent)
  const id = await running.session()
  const read = async () => {
    const seen = await scrape(running)
    return ['auroracoder_runs_active', 'auroracoder_sessions_open'].map((name) => seen.get(name))
  }
  expect(await read()).toEqual([0, 0])
  await running.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  await stage.yield(notice('x'))
  expect(await read()).toEqual([1, 1])
  await running.call('POST', `/v1/sessions/${id}/cancel`, {})
  await expect.poll(read).toEqual([0, 0])
})

test('streams are counted while they are open, and those cut off for taking nothing', async () => {
  const stage = createStage()
  const running = await start(stage.agent)
  const id = await running.session()
  await running.call('POST', `/v1/sessions/${id}/runs`, { input: 'go' })
  const streams = async () => {
    const seen = await scrape(running)
    return ['', '_opened_total', '_stalled_total'].map((name) => seen.get(`auroracoder_streams${name}`))
  }
  const quick = bareStream(running.server, id)
  const stalled = bareStream(running.server, id)
  await Promise.all([once(quick, 'readable'), once(stalled, 'readable')])
  expect(await streams()).toEqual([2, 2, 0])
  quick.resume()
  await stage.yield(notice('x'.repeat(8_000_000)))
  await expect.poll(streams).toEqual([1, 2, 1])
  quick.destroy()
  await expect.poll(streams).toEqual([0, 2, 1])
  stalled.destroy()
})

test('a model that names a new tool each time does not make a new series each time', async () => {
  const running = await start(async function* () {
    for (let index = 0; index < labelValuesMax + 50; index += 1) yield* call(`c${index}`, `tool_${index}`, false)
    yield finished()
  })
  await run(running, 'x')
  const seen = await scrape(running)
  const tools = [...seen.keys()].filter((name) => name.startsWith('auroracoder_tool_call_seconds_count'))
  expect(tools).toHaveLength(labelValuesMax + 1)
  expect(seen.get('auroracoder_tool_call_seconds_count{tool="other",ok="false"}')).toBe(50)
})

test('the numbers need the token, and without metrics there is no such route', async () => {
  const running = await start(wordsAgent)
  expect((await fetch(`${running.server.url}/metrics`)).status).toBe(401)
  const without = await createBench({ agent: wordsAgent })
  expect(await without.call('GET', '/metrics')).toMatchObject({ status: 404 })
  await without.dispose()
})
