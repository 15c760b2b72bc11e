import type { LogEvent } from './log-event.js'

/** The conversation with the user. What sub-agents say and do stands in the same log and is none of it. */
export function isOfSession({ parentRunId }: LogEvent): boolean {
  return parentRunId === undefined
}

/** The run itself and the sub-agents' runs below it. */
export function runFamily(events: readonly LogEvent[], runId: string): ReadonlySet<string> {
  const family = new Set([runId])
  for (const { runId: id, parentRunId } of events) {
    if (id !== undefined && parentRunId !== undefined && family.has(parentRunId)) family.add(id)
  }
  return family
}
