import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import {
  type Agent,
  beforeEnd,
  type Content,
  type Delivery,
  type EventDraft,
  endsRun,
  type Limits,
  type StoredEvent,
} from '../events/index.js'
import { type Continuation, continuationOf } from './continuation.js'
import type { EventStore } from './event-store.js'
import { SessionFailure } from './failure.js'
import { findRepeat, type Idempotency, idempotencyOf } from './idempotency.js'
import { abandonOpenRun, resumeEvents } from './interrupted-run.js'
import { createLiveLog } from './live-log.js'
import type { OpenSession } from './open-sessions.js'
import { readAll } from './read-all.js'
import { type OpenCall, startRunner } from './runner.js'
import type { TurnKeeper } from './turn-keeper.js'

/** Inputs that may wait for the end of a run. */
export const queuedRunsMax = 100

export interface RunRequest {
  input: Content
  /** What becomes of it while a run is active; without one they all start a run. */
  delivery?: Delivery
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
  /**
   * `start` is refused while a run is active, `steer` goes into it, `queue` waits for its end, and `interrupt`
   * cancels it first.
   */
  start(session: OpenSession, request: RunRequest, idempotencyKey?: string): Promise<Started>
  /**
   * Goes on without a new input. An interrupted run is resumed, unless something new is asked of it; after any other
   * unfinished end a new run begins.
   */
  continue(session: OpenSession, request: ContinueRequest, idempotencyKey?: string): Promise<Started>
  /** Takes up what a stopped process left open: its run, else the next one that waits. */
  resume(session: OpenSession): Promise<void>
  /** What follows the end of a run: the workspace is kept, and the next queued run begins. */
  next(session: OpenSession): Promise<void>
  /** Ends the active run, also one left open, and withdraws those that wait; without any it does nothing. */
  cancel(session: OpenSession, reason?: string): Promise<readonly OpenCall[]>
}

export interface RunsOptions {
  store: EventStore
  agent: Agent
  keeper: TurnKeeper
  log: Logger
  /** Opens it, unless it is there. */
  openNext: (next: Continuation) => Promise<void>
}

type RunStarted = Extract<StoredEvent, { type: 'run.started' }>
type Admitted = Extract<StoredEvent, { type: 'input.admitted' }>

export function createRuns({ store, agent, keeper, log, openNext }: RunsOptions): Runs {
  const launch = (session: OpenSession, history: readonly StoredEvent[], runId: string) => {
    const { writer, hub, id: sessionId } = session
    const { summary } = writer
    if (summary === undefined) throw new Error(`Session ${sessionId} has a run and no beginning.`)
    const { workspace, sandbox, approvals } = summary
    const model = history.find((event) => isStartOf(event, runId))?.data.model ?? summary.model
    const live = createLiveLog(history, writer)
    const openNextOf = async (asked: { key: string; content: Content }) => {
      const next = continuationOf({ summary: writer.summary ?? summary, log: live.events, runId, ...asked })
      await openNext(next)
      return { sessionId: next.sessionId, runId: next.runId }
    }
    const task = {
      sessionId,
      runId,
      workspace,
      sandbox,
      log: live,
      keepWorkspace: keeper.before(session, { runId, log: live }),
      openNext: openNextOf,
      ...(model === undefined ? {} : { model }),
      ...(approvals === undefined ? {} : { approvals }),
    }
    session.attach(startRunner({ agent, task, writer, hub, log }))
  }

  const begin = async (session: OpenSession, history: readonly StoredEvent[], opening: Opening) => {
    const { runId, events } = opening
    const appended = await session.writer.append([...abandonOpenRun(session, history), ...events], { runId })
    const all = [...history, ...appended]
    launch(session, all, runId)
    return startedAt(all, runId)
  }

  const resumeRun = async (session: OpenSession, runId: string, history: readonly StoredEvent[]) => {
    const events = await session.writer.append(resumeEvents(history, runId), { runId })
    if (!events.some(endsRun)) launch(session, [...history, ...events], runId)
  }

  const startQueued = async (session: OpenSession) => {
    const [runId] = session.writer.summary?.queued ?? []
    if (runId === undefined || session.run !== undefined) return
    const history = await readAll(store, session.id)
    const admitted = history.find(
      (event): event is Admitted => event.type === 'input.admitted' && event.runId === runId,
    )
    const { inputId, plan = {} } = admitted?.data ?? {}
    await begin(session, history, { runId, events: [{ type: 'run.started', data: { inputId, ...plan } }] })
  }

  const steer = async (session: OpenSession, content: Content, idempotency: Idempotency | undefined) => {
    const inputId = `inp_${randomUUID()}`
    const [event] = await session.writer.append(({ summary }) => {
      const run = activeRun(session, summary)
      const data = { inputId, delivery: 'steer' as const, content, idempotency }
      return run === undefined ? [] : [{ type: 'input.admitted', runId: run, data }]
    })
    return event?.runId === undefined ? undefined : { runId: event.runId, after: event.seq - 1 }
  }

  const enqueue = async (session: OpenSession, request: RunRequest, idempotency: Idempotency | undefined) => {
    const { input: content, delivery: _, ...plan } = request
    const runId = `run_${randomUUID()}`
    const [event] = await session.writer.append(({ summary }) => {
      const waiting = summary?.queued.length ?? 0
      if (activeRun(session, summary) === undefined && waiting === 0) return []
      if (waiting >= queuedRunsMax) throw queueFull(session.id)
      const data = { inputId: `inp_${randomUUID()}`, delivery: 'queue' as const, content, plan, idempotency }
      return [{ type: 'input.admitted', runId, data }]
    })
    return event && { runId, after: event.seq - 1 }
  }

  const startNow = async (
    session: OpenSession,
    request: RunRequest,
    { history, idempotency }: { history: readonly StoredEvent[]; idempotency: Idempotency | undefined },
  ) => {
    const { input: content, delivery = 'start', ...plan } = request
    const inputId = `inp_${randomUUID()}`
    return begin(session, history, {
      runId: `run_${randomUUID()}`,
      events: [
        // It has not been queued, whatever was asked for: it starts at once.
        { type: 'input.admitted', data: { inputId, delivery: delivery === 'queue' ? 'start' : delivery, content } },
        { type: 'run.started', data: { inputId, ...plan, idempotency } },
      ],
    })
  }

  return {
    async start(session, request, key) {
      const { delivery = 'start', ...asked } = request
      const history = await readAll(store, session.id)
      const idempotency = idempotencyOf({ start: asked, delivery }, key)
      const repeated = findRepeat(history, idempotency)
      if (repeated !== undefined) return startedAt(history, repeated)
      if (delivery === 'start') refuseWhenActive(session)
      if (delivery === 'interrupt') await session.run?.cancel('Interrupted by a new input.')
      const admitted =
        delivery === 'steer'
          ? await steer(session, request.input, idempotency)
          : delivery === 'queue'
            ? await enqueue(session, request, idempotency)
            : undefined
      if (admitted) return admitted
      // A run may have ended meanwhile, and only then the log has grown.
      const current = delivery === 'start' ? history : await readAll(store, session.id)
      return startNow(session, request, { history: current, idempotency })
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
      return begin(session, history, {
        runId: `run_${randomUUID()}`,
        events: [{ type: 'run.started', data: { continues: last.id, model, tools, ...plan, idempotency } }],
      })
    },

    async resume(session) {
      const run = session.writer.summary?.run
      if (session.run !== undefined) return
      if (run?.status === 'running') await resumeRun(session, run.id, await readAll(store, session.id))
      else await startQueued(session)
    },

    async next(session) {
      await keeper.after(session, () => readAll(store, session.id))
      await startQueued(session)
    },

    async cancel(session, reason) {
      // First those that wait, or one of them would begin in the place of the one that ends.
      await session.writer.append(({ summary }) =>
        (summary?.queued ?? []).map((runId) => ({ type: 'run.cancelled', runId, data: { reason } })),
      )
      const run = session.writer.summary?.run
      if (run?.status !== 'running') return []
      if (session.run !== undefined) return session.run.cancel(reason)
      const open = beforeEnd(await readAll(store, session.id), { runId: run.id, cancelled: true })
      await session.writer.append([...open, { type: 'run.cancelled', data: { reason } }], { runId: run.id })
      return []
    },
  }
}

interface Opening {
  runId: string
  events: readonly EventDraft[]
}

/** The run that works here and has no end in the log. */
function activeRun({ run }: OpenSession, summary: OpenSession['writer']['summary']): string | undefined {
  return run !== undefined && summary?.run?.status === 'running' ? summary.run.id : undefined
}

export function refuseWhenActive(session: OpenSession): void {
  const active = activeRun(session, session.writer.summary)
  if (active === undefined) return
  throw new SessionFailure(
    'run_active',
    `Session ${session.id} is busy with run ${active}; wait for its end, cancel it first, or send the input with the delivery steer, queue or interrupt.`,
    { details: { runId: active } },
  )
}

function queueFull(id: string): SessionFailure {
  return new SessionFailure(
    'queue_full',
    `Session ${id} has ${queuedRunsMax} inputs waiting, which is as many as it takes; wait, or cancel them.`,
    { details: { queuedRunsMax } },
  )
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

function isStartOf(event: StoredEvent, runId: string): event is RunStarted {
  return event.type === 'run.started' && event.runId === runId
}

function startedAt(history: readonly StoredEvent[], runId: string): Started {
  const first = history.find((event) => event.runId === runId)
  return { runId, after: (first?.seq ?? 1) - 1 }
}
