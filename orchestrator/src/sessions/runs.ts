import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Agent, Content, EventDraft, Limits, StoredEvent } from '../events/index.js'
import type { EventStore } from './event-store.js'
import { SessionFailure } from './failure.js'
import { findRepeat, idempotencyOf } from './idempotency.js'
import type { OpenCall } from './open-calls.js'
import type { OpenSession } from './open-sessions.js'
import { readAll } from './read-all.js'
import { startRunner } from './runner.js'

/** A run that breaks its process each time it is resumed is given up after so many times without a new event. */
export const resumesWithoutProgressMax = 3

export interface RunRequest {
  input: Content
  model?: string | undefined
  tools?: string[] | undefined
  limits?: Limits | undefined
}

export interface ContinueRequest {
  limits?: Limits | undefined
}

export interface Started {
  runId: string
  /** Everything of this run comes after this seq. */
  after: number
}

/** What can be done with the runs of one open session; each is called in the session's turn. */
export interface Runs {
  start(session: OpenSession, request: RunRequest, idempotencyKey?: string): Promise<Started>
  /**
   * Goes on without a new input. An interrupted run is resumed, unless something new is asked of it; after any other
   * unfinished end a new run begins.
   */
  continue(session: OpenSession, request: ContinueRequest, idempotencyKey?: string): Promise<Started>
  /** Takes up a run that a stopped process left open, with the whole history. */
  resume(session: OpenSession): Promise<void>
  /** Ends the active run, also one left open; without one it does nothing. */
  cancel(session: OpenSession, reason?: string): Promise<readonly OpenCall[]>
}

type RunStarted = Extract<StoredEvent, { type: 'run.started' }>

export function createRuns({ store, agent, log }: { store: EventStore; agent: Agent; log: Logger }): Runs {
  const launch = (session: OpenSession, history: readonly StoredEvent[], runId: string) => {
    const { writer, hub, id: sessionId } = session
    const workspace = writer.summary?.workspace ?? ''
    const model = history.find((event) => isStartOf(event, runId))?.data.model ?? writer.summary?.model
    const task = { sessionId, runId, workspace, history, ...(model === undefined ? {} : { model }) }
    session.attach(startRunner({ agent, task, writer, hub, log }))
  }

  const begin = async (session: OpenSession, history: readonly StoredEvent[], opening: readonly EventDraft[]) => {
    const runId = `run_${randomUUID()}`
    const appended = await session.writer.append([...abandonOpenRun(session), ...opening], { runId })
    const events = [...history, ...appended]
    launch(session, events, runId)
    return startedAt(events, runId)
  }

  const resumeRun = async (session: OpenSession, runId: string, history: readonly StoredEvent[]) => {
    const events = await session.writer.append([resumeNotice(history, runId)], { runId })
    if (events.some(({ type }) => type === 'notice')) launch(session, [...history, ...events], runId)
  }

  return {
    async start(session, { input, ...plan }, key) {
      const history = await readAll(store, session.id)
      const idempotency = idempotencyOf({ start: input, ...plan }, key)
      const repeated = findRepeat(history, idempotency)
      if (repeated !== undefined) return startedAt(history, repeated)
      refuseWhenActive(session)
      const inputId = `inp_${randomUUID()}`
      return begin(session, history, [
        { type: 'input.admitted', data: { inputId, delivery: 'start', content: input } },
        { type: 'run.started', data: { inputId, ...plan, idempotency } },
      ])
    },

    async continue(session, plan, key) {
      const history = await readAll(store, session.id)
      const idempotency = idempotencyOf({ continue: true, ...plan }, key)
      const repeated = findRepeat(history, idempotency)
      if (repeated !== undefined) return startedAt(history, repeated)
      refuseWhenActive(session)
      const last = lastUnfinishedRun(session)
      // A resumed run keeps what its own start says; new limits, or a key to be remembered, need a start of their own.
      if (last.status === 'running' && plan.limits === undefined && key === undefined) {
        await resumeRun(session, last.id, history)
        return startedAt(history, last.id)
      }
      const { model, tools } = history.find((event) => isStartOf(event, last.id))?.data ?? {}
      return begin(session, history, [
        { type: 'run.started', data: { continues: last.id, model, tools, ...plan, idempotency } },
      ])
    },

    async resume(session) {
      const run = session.writer.summary?.run
      if (run?.status !== 'running' || session.run !== undefined) return
      await resumeRun(session, run.id, await readAll(store, session.id))
    },

    async cancel(session, reason) {
      const run = session.writer.summary?.run
      if (run?.status !== 'running') return []
      if (session.run !== undefined) return session.run.cancel(reason)
      await session.writer.append([{ type: 'run.cancelled', data: { reason } }], { runId: run.id })
      return []
    },
  }
}

function refuseWhenActive({ id, run, writer }: OpenSession): void {
  const active = writer.summary?.run
  if (run === undefined || active?.status !== 'running') return
  throw new SessionFailure(
    'run_active',
    `Session ${id} is busy with run ${active.id}; wait for its end, or cancel it first.`,
    { details: { runId: active.id } },
  )
}

/** A run that a process left open ends when its session goes on without it. */
function abandonOpenRun({ writer }: OpenSession): EventDraft[] {
  const run = writer.summary?.run
  if (run?.status !== 'running') return []
  const message = 'Its process stopped during this run, and a new run was started instead of resuming it.'
  return [{ type: 'run.failed', runId: run.id, data: { code: 'interrupted', message } }]
}

function lastUnfinishedRun({ id, writer }: OpenSession): { id: string; status: string } {
  const run = writer.summary?.run
  if (run !== undefined && run.status !== 'completed' && run.status !== 'continued') return run
  const found = run === undefined ? 'has no run yet' : `ended its last run as ${run.status}`
  throw new SessionFailure(
    'nothing_to_continue',
    `Expected a run that stopped before it was done, but session ${id} ${found}; start a run with a new input.`,
  )
}

function resumeNotice(history: readonly StoredEvent[], runId: string): EventDraft {
  const isResume = (event: StoredEvent) => event.type === 'notice' && event.data.code === 'run_resumed'
  const own = history.filter((event) => event.runId === runId)
  const resumes = own.length - 1 - own.findLastIndex((event) => !isResume(event))
  if (resumes < resumesWithoutProgressMax) {
    const message = 'The process stopped during this run; it goes on from the log.'
    return { type: 'notice', data: { code: 'run_resumed', message } }
  }
  const message = `Resumed ${resumes} times without a new event; given up. Look at the server's log, then continue.`
  return { type: 'run.failed', data: { code: 'resume_failed', message } }
}

function isStartOf(event: StoredEvent, runId: string): event is RunStarted {
  return event.type === 'run.started' && event.runId === runId
}

function startedAt(history: readonly StoredEvent[], runId: string): Started {
  const first = history.find((event) => event.runId === runId)
  return { runId, after: (first?.seq ?? 1) - 1 }
}
