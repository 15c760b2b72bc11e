import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { StoredEvent } from '../../events/index.js'
import { createLabelNames } from './label-names.js'
import { createOpenWork, type OpenRun } from './open-work.js'

export interface EventMetricsOptions {
  register: Registry
  providerOf: (model: string) => string
}

/** Counts what runs, models and tools do, from nothing but the events they leave in the log. */
export interface EventMetrics {
  observe(event: StoredEvent): void
  /** This process no longer writes the session. */
  released(sessionId: string): void
}

const firstTokenBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120]
const toolBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600]

export function createEventMetrics({ register, providerOf }: EventMetricsOptions): EventMetrics {
  const metrics = defineMetrics(register)
  const modelName = createLabelNames()
  const toolName = createLabelNames()
  const work = createOpenWork()
  new Gauge({
    name: 'auroracoder_runs_active',
    help: 'Sessions with a run under way in this process.',
    registers: [register],
    collect() {
      this.set(work.active)
    },
  })

  const endStep = (run: OpenRun, outcome: 'finished' | 'discarded', event: StoredEvent) => {
    if (run.step === undefined) return
    const labels = modelLabels(run.step.model)
    metrics.modelCalls.inc({ ...labels, outcome })
    run.step = undefined
    if (event.type !== 'step.finished') return
    const { cacheHit, cacheMiss, output } = event.data.usage
    metrics.tokens.inc({ ...labels, kind: 'cache_hit' }, cacheHit)
    metrics.tokens.inc({ ...labels, kind: 'cache_miss' }, cacheMiss)
    metrics.tokens.inc({ ...labels, kind: 'output' }, output)
  }
  const modelLabels = (id: string) => {
    const model = modelName(id)
    return { provider: model === id ? providerOf(id) : 'other', model }
  }
  const answered = (run: OpenRun, event: StoredEvent) => {
    if (run.step === undefined || run.step.hasAnswered) return
    run.step.hasAnswered = true
    metrics.firstToken.observe(modelLabels(run.step.model), secondsSince(run.step.beganMs, event))
  }
  const endRun = (status: string, event: StoredEvent) => {
    if (event.parentRunId === undefined) metrics.runsFinished.inc({ status })
    work.end(event)
  }
  const endCall = (run: OpenRun, event: Extract<StoredEvent, { type: 'tool.finished' }>) => {
    const call = run.calls.get(event.data.callId)
    if (call === undefined) return
    run.calls.delete(event.data.callId)
    const labels = { tool: toolName(call.name), ok: String(event.data.ok) }
    metrics.toolSeconds.observe(labels, secondsSince(call.beganMs, event))
  }

  return {
    observe(event) {
      if (event.runId === undefined) return
      if (event.type === 'run.finished') return endRun(event.data.status, event)
      if (event.type === 'run.failed') return endRun('failed', event)
      if (event.type === 'run.cancelled') return endRun('cancelled', event)
      const run = work.of(event)
      const timeMs = Date.parse(event.time)
      switch (event.type) {
        case 'run.started':
          if (event.parentRunId === undefined) metrics.runsStarted.inc()
          break
        case 'step.started':
          run.step = { model: event.data.model, beganMs: timeMs, hasAnswered: false }
          break
        case 'text.started':
        case 'reasoning.started':
          answered(run, event)
          break
        case 'step.finished':
          endStep(run, 'finished', event)
          break
        case 'step.discarded':
          endStep(run, 'discarded', event)
          break
        case 'tool.called':
          run.calls.set(event.data.callId, { name: event.data.name, beganMs: timeMs })
          break
        case 'tool.started': {
          const call = run.calls.get(event.data.callId)
          if (call !== undefined) call.beganMs = timeMs
          break
        }
        case 'tool.finished':
          endCall(run, event)
      }
    },
    released: (sessionId) => work.drop(sessionId),
  }
}

function defineMetrics(register: Registry) {
  const registers = [register]
  return {
    runsStarted: new Counter({ name: 'auroracoder_runs_started_total', help: 'Runs begun.', registers }),
    runsFinished: new Counter({
      name: 'auroracoder_runs_finished_total',
      help: 'Runs ended, by how: the statuses of run.finished, failed, cancelled.',
      labelNames: ['status'],
      registers,
    }),
    modelCalls: new Counter({
      name: 'auroracoder_model_calls_total',
      help: 'Answers of models, finished or discarded.',
      labelNames: ['provider', 'model', 'outcome'],
      registers,
    }),
    tokens: new Counter({
      name: 'auroracoder_model_tokens_total',
      help: 'Tokens of finished answers: prompt tokens from the cache and not, and those put out.',
      labelNames: ['provider', 'model', 'kind'],
      registers,
    }),
    firstToken: new Histogram({
      name: 'auroracoder_model_first_token_seconds',
      help: 'From the request to the first text or reasoning; answers of calls alone are not counted.',
      labelNames: ['provider', 'model'],
      buckets: firstTokenBuckets,
      registers,
    }),
    toolSeconds: new Histogram({
      name: 'auroracoder_tool_call_seconds',
      help: 'Calls of tools, by whether they went well.',
      labelNames: ['tool', 'ok'],
      buckets: toolBuckets,
      registers,
    }),
  }
}

/** By the times in the log, which a clock that is set back can make go backwards. */
function secondsSince(beganMs: number, { time }: StoredEvent): number {
  return Math.max(Date.parse(time) - beganMs, 0) / 1_000
}
