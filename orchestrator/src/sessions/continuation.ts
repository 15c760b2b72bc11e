import { createHash } from 'node:crypto'
import type { Content, EventDraft, StoredEvent } from '../events/index.js'
import type { SessionSummary } from './summary.js'

/** The session in which a run's conversation goes on, with a run that is queued there. */
export interface Continuation {
  sessionId: string
  runId: string
  /** What opens it. */
  events: readonly EventDraft[]
}

export interface ContinuationRequest {
  /** Of the session that is left. */
  summary: SessionSummary
  log: readonly StoredEvent[]
  runId: string
  /** Names the call that asked for it: asked again, it is the same session. */
  key: string
  content: Content
}

export function continuationOf({ summary, log, runId, key, content }: ContinuationRequest): Continuation {
  const { id, sandbox, workspace, scratch, title, approvals, model } = summary
  const started = log.find((event) => event.type === 'run.started' && event.runId === runId)
  const asked = started?.type === 'run.started' ? started.data : {}
  const plan = { model: asked.model, tools: asked.tools, limits: asked.limits }
  const next = { sessionId: derivedId('ses', id, key), runId: derivedId('run', id, key) }
  const parent = { sessionId: id, seq: log.at(-1)?.seq ?? 1 }
  return {
    ...next,
    events: [
      { type: 'session.created', data: { workspace, scratch, title, sandbox, approvals, model, parent } },
      {
        type: 'input.admitted',
        runId: next.runId,
        data: { inputId: derivedId('inp', id, key), delivery: 'queue', content, plan },
      },
    ],
  }
}

/** Looks like a random id and follows from what it is of. */
function derivedId(...of: readonly [kind: string, ...string[]]): string {
  const hex = createHash('sha256').update(JSON.stringify(of)).digest('hex')
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)]
  return `${of[0]}_${groups.join('-')}`
}
