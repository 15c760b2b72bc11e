import { beforeEnd, type EventDraft, runResumed, runResumedCode, type StoredEvent } from '../events/index.js'
import type { OpenSession } from './open-sessions.js'

/** A run that breaks its process each time it is resumed is given up after so many times without a new event. */
export const resumesWithoutProgressMax = 3

/** A run that a process left open ends when its session goes on without it. */
export function abandonOpenRun({ writer }: OpenSession, history: readonly StoredEvent[]): EventDraft[] {
  const run = writer.summary?.run
  if (run?.status !== 'running') return []
  const message = 'Its process stopped during this run, and a new run was started instead of resuming it.'
  return [
    ...beforeEnd(history, { runId: run.id, cancelled: false }),
    { type: 'run.failed', runId: run.id, data: { code: 'interrupted', message } },
  ]
}

/** The notice with which a run goes on, or its end where it has broken its process too often. */
export function resumeEvents(history: readonly StoredEvent[], runId: string): EventDraft[] {
  const isResume = (event: StoredEvent) => event.type === 'notice' && event.data.code === runResumedCode
  const own = history.filter((event) => event.runId === runId || event.parentRunId === runId)
  const resumes = own.length - 1 - own.findLastIndex((event) => !isResume(event))
  if (resumes < resumesWithoutProgressMax) return [runResumed]
  const message = `Resumed ${resumes} times without a new event; given up. Look at the server's log, then continue.`
  return [
    ...beforeEnd(history, { runId, cancelled: false }),
    { type: 'run.failed', data: { code: 'resume_failed', message } },
  ]
}
