import type { StoredEvent } from '../../events/index.js'

/** What one run has begun and not ended, as its events tell. */
export interface OpenRun {
  step: { model: string; beganMs: number; hasAnswered: boolean } | undefined
  /** By call id. */
  readonly calls: Map<string, { name: string; beganMs: number }>
}

/** The runs under way, by what their events say; those of sub-agents are runs of their own. */
export interface OpenWork {
  /** Number of sessions with a run of their own under way. */
  readonly active: number
  of(event: StoredEvent): OpenRun
  end(event: StoredEvent): void
  /** The session was given up: its runs go on elsewhere, or later. */
  drop(sessionId: string): void
}

export function createOpenWork(): OpenWork {
  const sessions = new Map<string, Map<string, OpenRun>>()

  return {
    get active() {
      return sessions.size
    },
    of({ sessionId, runId = '' }) {
      const runs = sessions.get(sessionId) ?? new Map<string, OpenRun>()
      sessions.set(sessionId, runs)
      const run = runs.get(runId) ?? { step: undefined, calls: new Map() }
      runs.set(runId, run)
      return run
    },
    end({ sessionId, runId = '', parentRunId }) {
      if (parentRunId === undefined) sessions.delete(sessionId)
      else sessions.get(sessionId)?.delete(runId)
    },
    drop: (sessionId) => void sessions.delete(sessionId),
  }
}
