import { runFamily, type Usage } from '../events/index.js'
import type { LogEvent } from './log-event.js'

export const noUsage: Usage = { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }

/** What a run has taken so far, counted from the log: a resumed run counts nothing twice. */
export interface RunTotals {
  /** Answers of the model in the run itself; discarded attempts do not count. */
  iterations: number
  /** Those of its sub-agents included, as are tokens and cost. */
  toolCalls: number
  usage: Usage
  /** US dollars; null as soon as one answer had no known price. */
  cost: number | null
}

export function runTotals(events: readonly LogEvent[], runId: string): RunTotals {
  const family = runFamily(events, runId)
  const totals: RunTotals = { iterations: 0, toolCalls: 0, usage: noUsage, cost: 0 }
  for (const event of events) {
    if (event.runId === undefined || !family.has(event.runId)) continue
    if (event.type === 'tool.called') totals.toolCalls += 1
    if (event.type === 'step.finished' && event.runId === runId) totals.iterations += 1
    if (event.type !== 'step.finished' && event.type !== 'compaction.finished') continue
    totals.usage = sumUsage(totals.usage, event.data.usage)
    totals.cost = totals.cost === null || event.data.cost === null ? null : totals.cost + event.data.cost
  }
  return totals
}

export function sumUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    cacheHit: a.cacheHit + b.cacheHit,
    cacheMiss: a.cacheMiss + b.cacheMiss,
  }
}
