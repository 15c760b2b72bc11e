import type { LogEvent } from '../log-event.js'

/** This share of the context window is kept as it is, counted from the newest event back. */
export const keptShare = 0.25
/** Cautious: code has rather less than this. */
const charsPerToken = 4

export interface CompactionRange {
  fromSeq: number
  toSeq: number
}

/** Where an earlier compaction ends; what is before it has been summarised. */
export function compactedUpTo(log: readonly LogEvent[]): number {
  const last = log.findLast((event) => event.type === 'compaction.finished')
  return last?.type === 'compaction.finished' ? last.data.toSeq : 0
}

/**
 * The oldest events, up to the end of a step, that a summary can stand for; undefined when the newest step alone is
 * as much as may be kept, so that nothing would be won.
 */
export function compactionRange(log: readonly LogEvent[], contextTokens: number): CompactionRange | undefined {
  const done = compactedUpTo(log)
  const starts = log.flatMap((event, at) =>
    event.type === 'step.started' && (event.seq ?? 0) > done ? [{ at, end: endBefore(log, at, done) }] : [],
  )
  const charsMax = contextTokens * keptShare * charsPerToken
  // At least one step is kept, the newest, whose calls may still be open.
  let kept = starts.length - 1
  while (kept > 0 && charsFrom(log, starts[kept - 1]?.at ?? 0) <= charsMax) kept -= 1
  const toSeq = starts[kept]?.end
  return kept > 0 && toSeq !== undefined ? { fromSeq: 1, toSeq } : undefined
}

/** The end of what came before a step: what a user said after it is for the step to answer. */
function endBefore(log: readonly LogEvent[], at: number, done: number): number | undefined {
  const end = log.slice(0, at).findLast((event) => endsStep.has(event.type))
  return end?.seq !== undefined && end.seq > done ? end.seq : undefined
}

const endsStep: ReadonlySet<string> = new Set([
  'step.finished',
  'step.discarded',
  'tool.finished',
  'run.finished',
  'run.failed',
  'run.cancelled',
])

function charsFrom(log: readonly LogEvent[], at: number): number {
  return log.slice(at).reduce((sum, event) => sum + JSON.stringify(event.data).length, 0)
}
