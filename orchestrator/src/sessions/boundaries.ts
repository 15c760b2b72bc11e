import type { StoredEvent } from '../events/index.js'
import { SessionFailure } from './failure.js'
import { type RunSummary, runStatusAfter } from './summary.js'

export interface Boundary {
  seq: number
  /** The newest run up to there; it has ended. */
  run: RunSummary | undefined
}

/**
 * The point between two turns at this seq. Refuses a seq at which a run was under way, or which was reverted away:
 * there is no state of the conversation and of the files that belong together.
 */
export function boundaryAt(history: readonly StoredEvent[], seq: number): Boundary {
  const tail = history.at(-1)?.seq ?? 0
  if (seq < 1 || seq > tail) {
    throw new SessionFailure('bad_cursor', `Expected a seq from 1 to ${tail}, found ${seq}.`, {
      details: { seq, tail },
    })
  }
  const reverted = history.find((event) => event.type === 'session.reverted' && event.data.seq < seq && event.seq > seq)
  const run = newestRun(history, seq)
  if (!reverted && run?.status !== 'running') return { seq, run }
  const near = nearBoundaries(history, seq)
  const why = reverted ? 'was reverted away' : 'is in the middle of a run'
  throw new SessionFailure(
    'not_a_boundary',
    `Expected a seq between two turns, found ${seq}, which ${why}. The nearest are ${near.join(' and ') || 'none'}.`,
    { details: { seq, nearest: near } },
  )
}

function newestRun(history: readonly StoredEvent[], seq: number): RunSummary | undefined {
  let run: RunSummary | undefined
  for (const event of history) {
    if (event.seq > seq) break
    if (event.type === 'session.reverted') run = event.data.run
    const status = event.parentRunId === undefined ? runStatusAfter(event) : undefined
    // A queued run that was withdrawn before it began is no turn.
    if (status === 'running' && event.runId !== undefined) run = { id: event.runId, status }
    else if (status !== undefined && run !== undefined && run.id === event.runId) run = { id: run.id, status }
  }
  return run
}

function nearBoundaries(history: readonly StoredEvent[], seq: number): number[] {
  const ends = history.flatMap((event) => {
    const status = event.parentRunId === undefined ? runStatusAfter(event) : undefined
    return status !== undefined && status !== 'running' ? [event.seq] : []
  })
  const starts = history.flatMap((event) =>
    event.type === 'input.admitted' && event.parentRunId === undefined && event.data.delivery !== 'steer'
      ? [event.seq - 1]
      : [],
  )
  const all = [...ends, ...starts]
  const before = Math.max(...all.filter((each) => each < seq))
  const after = Math.min(...all.filter((each) => each > seq))
  return [before, after].filter(Number.isFinite)
}
