import type { StoredEvent } from '../events/index.js'
import { SessionFailure } from './failure.js'
import { runStatusAfter } from './summary.js'

type Asked = Extract<StoredEvent, { type: 'approval.asked' }>
type Answered = Extract<StoredEvent, { type: 'approval.answered' }>

/** A question that waits for a person. */
export interface OpenApproval {
  id: string
  runId: string | undefined
  kind: Asked['data']['kind']
  message: string
  /** The call that waits for it. */
  call?: { callId: string; name: string; arguments: string }
  schema?: Record<string, unknown>
  url?: string
  expiresAt?: string
}

export interface ApprovalReply {
  answer: Answered['data']['answer']
  content?: Record<string, unknown> | undefined
  message?: string | undefined
}

export function openApprovals(history: readonly StoredEvent[]): OpenApproval[] {
  return history.flatMap((event) =>
    event.type === 'approval.asked' && isOpen(history, event) ? [viewOf(history, event)] : [],
  )
}

/** The question with this id, if it waits; undefined when it was answered the same way already. */
export function findApproval(
  history: readonly StoredEvent[],
  { id, sessionId, reply }: { id: string; sessionId: string; reply: ApprovalReply },
): Asked | undefined {
  const asked = history.find((event): event is Asked => event.type === 'approval.asked' && event.data.approvalId === id)
  if (!asked) {
    throw new SessionFailure('unknown_approval', `Session ${sessionId} has no approval ${JSON.stringify(id)}.`, {
      details: { id },
    })
  }
  const answered = answerTo(history, asked)
  if (answered?.data.answer === reply.answer) return undefined
  if (answered || !isOpen(history, asked)) {
    const how = answered ? `was answered with ${answered.data.answer}` : 'is of a call or a run that has ended'
    throw new SessionFailure('approval_closed', `Approval ${id} waits no more: it ${how}.`, {
      details: { id, ...(answered ? { answer: answered.data.answer } : {}) },
    })
  }
  return asked
}

export function isOpen(history: readonly StoredEvent[], asked: Asked): boolean {
  if (answerTo(history, asked)) return false
  return !history.some(
    (event) =>
      event.seq > asked.seq &&
      event.runId === asked.runId &&
      ((event.type === 'tool.finished' && event.data.callId === asked.data.callId) || hasEnded(event)),
  )
}

function hasEnded(event: StoredEvent): boolean {
  const status = runStatusAfter(event)
  return status !== undefined && status !== 'running'
}

function answerTo(history: readonly StoredEvent[], { data: { approvalId } }: Asked): Answered | undefined {
  return history.find(
    (event): event is Answered => event.type === 'approval.answered' && event.data.approvalId === approvalId,
  )
}

function viewOf(history: readonly StoredEvent[], { runId, data }: Asked): OpenApproval {
  const { approvalId: id, callId, kind, message, schema, url, expiresAt } = data
  const call = history.find(
    (event) => event.type === 'tool.called' && event.runId === runId && event.data.callId === callId,
  )
  return {
    id,
    runId,
    kind,
    message,
    ...(call?.type === 'tool.called' ? { call: call.data } : {}),
    ...(schema ? { schema } : {}),
    ...(url ? { url } : {}),
    ...(expiresAt ? { expiresAt } : {}),
  }
}
