import { z } from 'zod'
import {
  approvalPolicySchema,
  costSchema,
  runEndSchema,
  type StoredEvent,
  sandboxSchema,
  usageSchema,
} from '../events/index.js'

const noUsage = { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }

const runSummarySchema = z.object({
  id: z.string(),
  status: z.enum(['running', ...runEndSchema.options]),
})

/** What a list of sessions shows: computed from the log and kept beside it, written together with the events. */
export const sessionSummarySchema = z.object({
  id: z.string(),
  workspace: z.string(),
  scratch: z.boolean(),
  title: z.string().optional(),
  model: z.string().optional(),
  sandbox: sandboxSchema,
  approvals: approvalPolicySchema.optional(),
  parent: z.object({ sessionId: z.string(), seq: z.int() }).optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The newest run. `running` here means only that its end is not in the log. */
  run: runSummarySchema.optional(),
  /** Runs that wait for the end of this one, in their order. */
  queued: z.array(z.string()).default([]),
  /** The workspace is being put back to what it was at this seq. */
  restoring: z.int().optional(),
  /** All tokens that the session has taken, sub-agents and summaries included. */
  usage: usageSchema.default(() => noUsage),
  cost: costSchema.default(0),
  closed: z.boolean(),
})

export type SessionSummary = z.infer<typeof sessionSummarySchema>
export type RunSummary = z.infer<typeof runSummarySchema>

/** The summary after `event`; the same object when the event does not change it. */
export function summarise(before: SessionSummary | undefined, event: StoredEvent): SessionSummary {
  if (event.type === 'session.created') {
    const { sessionId: id, time } = event
    const fresh = { queued: [], usage: noUsage, cost: 0, closed: false }
    return { ...event.data, ...fresh, id, createdAt: time, updatedAt: time }
  }
  if (before === undefined) throw new Error(`The log of ${event.sessionId} begins with ${event.type}.`)
  const change = changeBy(event, before)
  return change === undefined ? before : { ...before, ...change, updatedAt: event.time }
}

/** Whether somebody has to work on the session, now or when the process starts again. */
export function isUnsettled({ run, queued, restoring }: SessionSummary): boolean {
  return run?.status === 'running' || queued.length > 0 || restoring !== undefined
}

/** Events of sub-agents (`parentRunId`) belong to runs inside a run and change nothing but what was used. */
function changeBy(event: StoredEvent, before: SessionSummary): Partial<SessionSummary> | undefined {
  switch (event.type) {
    case 'session.renamed':
      return { title: event.data.title }
    case 'session.configured':
      return event.data
    case 'session.closed':
      return { closed: true }
    case 'session.reverted':
      return { run: event.data.run, restoring: event.data.seq }
    case 'session.restored':
      return { restoring: undefined }
    case 'step.finished':
    case 'compaction.finished':
      return used(before, event.data)
    case 'input.admitted': {
      const { runId } = event
      return event.data.delivery === 'queue' && runId !== undefined ? { queued: [...before.queued, runId] } : undefined
    }
    default:
      return event.parentRunId === undefined ? changeByRun(event, before) : undefined
  }
}

function changeByRun(event: StoredEvent, { queued }: SessionSummary): Partial<SessionSummary> | undefined {
  const status = runStatusAfter(event)
  const { runId: id } = event
  if (status === undefined || id === undefined) return undefined
  if (!queued.includes(id)) return { run: { id, status } }
  // A queued run that never began leaves the newest one where it is.
  const left = { queued: queued.filter((each) => each !== id) }
  return status === 'running' ? { ...left, run: { id, status } } : left
}

/** How the run of this event stands after it; undefined for events that say nothing of it. */
export function runStatusAfter(event: StoredEvent): RunSummary['status'] | undefined {
  if (event.type === 'run.started') return 'running'
  if (event.type === 'run.finished') return event.data.status
  if (event.type === 'run.failed') return 'failed'
  if (event.type === 'run.cancelled') return 'cancelled'
  return undefined
}

type Used = Extract<StoredEvent, { type: 'step.finished' }>['data']

function used({ usage, cost }: SessionSummary, more: Pick<Used, 'usage' | 'cost'>): Partial<SessionSummary> {
  return {
    usage: {
      input: usage.input + more.usage.input,
      output: usage.output + more.usage.output,
      reasoning: usage.reasoning + more.usage.reasoning,
      cacheHit: usage.cacheHit + more.usage.cacheHit,
      cacheMiss: usage.cacheMiss + more.usage.cacheMiss,
    },
    cost: cost === null || more.cost === null ? null : cost + more.cost,
  }
}

/** How a run of this history stands: `queued` before its start, `running` when its end is not there. */
export function runStatusIn(history: readonly StoredEvent[], runId: string): RunSummary['status'] | 'queued' {
  const last = history.findLast((event) => event.runId === runId && runStatusAfter(event) !== undefined)
  return (last && runStatusAfter(last)) ?? 'queued'
}
