import type { Usage } from '../events/index.js'
import type { LogEvent } from './log-event.js'

export const noUsage: Usage = { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }

/** What a run has taken so far, counted from the log: a resumed run counts nothing twice. */
export interface RunTotals {
  /** Answers of the model; discarded attempts do not count. */
  iterations: number
  toolCalls: number
  usage: Usage
  /** US dollars; null as soon as one answer had no known price. */
  cost: number | null
}

export function runTotals(events: readonly LogEvent[], runId: string): RunTotals {
  const totals: RunTotals = { iterations: 0, toolCalls: 0, usage: noUsage, cost: 0 }
  for (const event of events) {
    if (event.runId !== runId) continue
    if (event.type === 'tool.called') totals.toolCalls += 1
    if (event.type !== 'step.finished') continue
    totals.iterations += 1
    totals.usage = sum(totals.usage, event.data.usage)
    totals.cost = totals.cost === null || event.data.cost === null ? null : totals.cost + event.data.cost
  }
  return totals
}

function sum(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    cacheHit: a.cacheHit + b.cacheHit,
    cacheMiss: a.cacheMiss + b.cacheMiss,
  }
}
