import type { RunTotals } from '../context/index.js'
import type { Limits, RunStatus } from '../events/index.js'

/** Where a run stops unless it was started with other numbers. Each end has a name and loses nothing. */
export const runLimits = {
  iterations: 30,
  /** Counted from the start of this process's part of the run: time spent switched off is nobody's work. */
  wallTimeMs: 2 * 60 * 60_000,
  tokens: 10_000_000,
  costUsd: 10,
  toolCalls: 500,
  /** How deep sub-agents may have sub-agents: 0 for none at all, 1 for those of the run itself. */
  subagentDepth: 1,
}

export const outputTokensMax = 32_768
export const parallelReadsMax = 5

export const retriesMax = 10
export const retryFirstMs = 500
export const retryLongestMs = 30_000
/** An endpoint that asks for a longer wait ends the run instead. */
export const retryAfterMsMax = 10 * 60_000

/** A cancelled call has this long to settle, then its result is written without it. */
export const cancelGraceMs = 1_500

export type RunLimits = typeof runLimits

export function effectiveLimits(defaults: RunLimits, given: Limits | undefined): RunLimits {
  return {
    iterations: given?.iterations ?? defaults.iterations,
    wallTimeMs: given?.wallTimeMs ?? defaults.wallTimeMs,
    tokens: given?.tokens ?? defaults.tokens,
    costUsd: given?.costUsd ?? defaults.costUsd,
    toolCalls: given?.toolCalls ?? defaults.toolCalls,
    subagentDepth: given?.subagentDepth ?? defaults.subagentDepth,
  }
}

/** The limit that forbids another model call. */
export function reachedBeforeAsking(totals: RunTotals, limits: RunLimits): RunStatus | undefined {
  if (totals.iterations >= limits.iterations) return 'limit_iterations'
  if (totals.usage.input + totals.usage.output >= limits.tokens) return 'limit_tokens'
  if (totals.cost !== null && totals.cost >= limits.costUsd) return 'limit_cost'
  return undefined
}

/** The limit that forbids running the calls the model has just made; `toolCalls` includes them. */
export function reachedBeforeCalls(totals: RunTotals, limits: RunLimits): RunStatus | undefined {
  return totals.toolCalls > limits.toolCalls ? 'limit_tool_calls' : undefined
}
