import { type DeltaEvent, endsRun, type StoredEvent } from '../events/index.js'
import type { ApprovalReply, Sessions } from '../sessions/index.js'
import { type ExitCode, exitCodes } from './exit-codes.js'

export type AskedEvent = Extract<StoredEvent, { type: 'approval.asked' }>

export interface FollowRunOptions {
  sessions: Sessions
  sessionId: string
  runId: string
  /** Events after this seq are shown. */
  after: number
  show(event: StoredEvent | DeltaEvent): void
  /** Answers what a call has to be allowed for. */
  answer(asked: AskedEvent): Promise<ApprovalReply>
  /** When it aborts, the run is cancelled; its end is awaited all the same. */
  ending: AbortSignal
}

/** Shows a run until its end, also where it goes on in another session, and says what it means as an exit code. */
export async function followRun(options: FollowRunOptions): Promise<ExitCode> {
  const { sessions, sessionId, runId, after, show, answer, ending } = options
  const cancel = (): void => {
    // The end of the run is in its events, also when cancelling fails because it has just ended.
    sessions.cancelRun(sessionId, 'cancelled in the terminal').catch(() => {})
  }
  ending.addEventListener('abort', cancel, { once: true })
  if (ending.aborted) cancel()
  const done = new AbortController()
  let next: { sessionId: string; runId: string } | undefined
  try {
    for await (const batch of await sessions.follow(sessionId, { after, signal: done.signal })) {
      for (const event of batch) {
        show(event)
        // Not awaited: the run may end meanwhile, and then the question with it.
        if (event.type === 'approval.asked') void reply(event)
        if (event.runId !== runId) continue
        if (event.type === 'continued') next = event.data
        if (endsRun(event)) return next ? await followRun({ ...options, ...next, after: 0 }) : exitCodeOf(event)
      }
    }
    return exitCodes.failed
  } finally {
    done.abort()
    ending.removeEventListener('abort', cancel)
  }

  async function reply(asked: AskedEvent): Promise<void> {
    // A question that was closed meanwhile needs no answer.
    await sessions.answerApproval(sessionId, asked.data.approvalId, await answer(asked)).catch(() => {})
  }
}

function exitCodeOf(event: StoredEvent | DeltaEvent): ExitCode {
  if (event.type === 'run.cancelled') return exitCodes.cancelled
  if (event.type !== 'run.finished') return exitCodes.failed
  switch (event.data.status) {
    case 'completed':
    case 'continued':
      return exitCodes.completed
    case 'approval_needed':
      return exitCodes.approvalNeeded
    default:
      return exitCodes.limitReached
  }
}
