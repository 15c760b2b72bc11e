import type { LogEvent } from './log-event.js'

/** The conversation with the user. What sub-agents say and do stands in the same log and is none of it. */
export function isOfSession({ parentRunId }: LogEvent): boolean {
  return parentRunId === undefined
}
