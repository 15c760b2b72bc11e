import type { DeltaEvent, StoredEvent } from '../events/index.js'
import type { Sessions } from '../sessions/index.js'
import { type ExitCode, exitCodes } from './exit-codes.js'

export interface FollowRunOptions {
  sessions: Sessions
  sessionId: string
  runId: string
  /** Events after this seq are shown. */
  after: number
  show(event: StoredEvent | DeltaEvent): void
  /** When it aborts, the run is cancelled; its end is awaited all the same. */
  ending: AbortSignal
}

/** Shows a run until its end, and says what it means as an exit code. */
export async function followRun({
  sessions,
  sessionId,
  runId,
  after,
  show,
  ending,
}: FollowRunOptions): Promise<ExitCode> {
  const cancel = (): void => {
    // The end of the run is in its events, also when cancelling fails because it has just ended.
    sessions.cancelRun(sessionId, 'cancelled in the terminal').catch(() => {})
  }
  ending.addEventListener('abort', cancel, { once: true })
  if (ending.aborted) cancel()
  const done = new AbortController()
  try {
    for await (const batch of await sessions.follow(sessionId, { after, signal: done.signal })) {
      for (const event of batch) {
        show(event)
        const exitCode = endOf(event, runId)
        if (exitCode !== undefined) return exitCode
      }
    }
    return exitCodes.failed
  } finally {
    done.abort()
    ending.removeEventListener('abort', cancel)
  }
}

function endOf(event: StoredEvent | DeltaEvent, runId: string): ExitCode | undefined {
  if (event.runId !== runId) return undefined
  switch (event.type) {
    case 'run.failed':
      return exitCodes.failed
    case 'run.cancelled':
      return exitCodes.cancelled
    case 'run.finished':
      return exitCodeOf(event.data.status)
    default:
      return undefined
  }
}

type FinishedStatus = Extract<StoredEvent, { type: 'run.finished' }>['data']['status']

function exitCodeOf(status: FinishedStatus): ExitCode {
  switch (status) {
    case 'completed':
    case 'continued':
      return exitCodes.completed
    case 'approval_needed':
      return exitCodes.approvalNeeded
    default:
      return exitCodes.limitReached
  }
}
