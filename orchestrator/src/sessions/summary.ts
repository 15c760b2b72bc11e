import { z } from 'zod'
import { runStatusSchema, type StoredEvent, sandboxSchema } from '../events/index.js'

const runSummarySchema = z.object({
  id: z.string(),
  status: z.enum(['running', ...runStatusSchema.options, 'failed', 'cancelled']),
})

/** What a list of sessions shows: computed from the log and kept beside it, written together with the events. */
export const sessionSummarySchema = z.object({
  id: z.string(),
  workspace: z.string(),
  scratch: z.boolean(),
  title: z.string().optional(),
  model: z.string().optional(),
  sandbox: sandboxSchema,
  parent: z.object({ sessionId: z.string(), seq: z.int() }).optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The newest run. `running` here means only that its end is not in the log. */
  run: runSummarySchema.optional(),
  closed: z.boolean(),
})

export type SessionSummary = z.infer<typeof sessionSummarySchema>
export type RunSummary = z.infer<typeof runSummarySchema>

/** The summary after `event`; the same object when the event does not change it. */
export function summarise(before: SessionSummary | undefined, event: StoredEvent): SessionSummary {
  if (event.type === 'session.created') {
    const { sessionId: id, time } = event
    return { ...event.data, id, createdAt: time, updatedAt: time, closed: false }
  }
  if (before === undefined) throw new Error(`The log of ${event.sessionId} begins with ${event.type}.`)
  const change = changeBy(event)
  return change === undefined ? before : { ...before, ...change, updatedAt: event.time }
}

/** How a run of this history stands; `running` when its end is not there. */
export function runStatusIn(history: readonly StoredEvent[], runId: string): RunSummary['status'] {
  const last = history.findLast((event) => event.runId === runId && changeBy(event)?.run !== undefined)
  return (last && changeBy(last)?.run?.status) ?? 'running'
}

/** Events of sub-agents (`parentRunId`) belong to runs inside a run and leave the session's own untouched. */
function changeBy(event: StoredEvent): Partial<SessionSummary> | undefined {
  if (event.type === 'session.renamed') return { title: event.data.title }
  if (event.type === 'session.closed') return { closed: true }
  if (event.runId === undefined || event.parentRunId !== undefined) return undefined
  const id = event.runId
  if (event.type === 'run.started') return { run: { id, status: 'running' } }
  if (event.type === 'run.finished') return { run: { id, status: event.data.status } }
  if (event.type === 'run.failed') return { run: { id, status: 'failed' } }
  if (event.type === 'run.cancelled') return { run: { id, status: 'cancelled' } }
  return undefined
}
