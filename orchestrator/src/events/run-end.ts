import type { StoredEvent } from './durable.js'

/** Whether this is the end of the session's run, and not of a sub-agent's inside it. */
export function endsRun({ type, parentRunId }: { type: string; parentRunId?: StoredEvent['parentRunId'] }): boolean {
  return parentRunId === undefined && (type === 'run.finished' || type === 'run.failed' || type === 'run.cancelled')
}
