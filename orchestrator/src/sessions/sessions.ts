import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Agent, ApprovalPolicy, StoredEvent } from '../events/index.js'
import { type ApprovalReply, findApproval, isOpen, type OpenApproval, openApprovals } from './approvals.js'
import { createBranches, type ForkRequest } from './branches.js'
import type { Continuation } from './continuation.js'
import type { EventStore, PageMark, SessionRow } from './event-store.js'
import { SessionFailure } from './failure.js'
import type { SessionEvent } from './hub.js'
import { createHubs } from './hubs.js'
import { createOpenSessions, type OpenSession, type OpenSessions, unknownSession } from './open-sessions.js'
import { readAll } from './read-all.js'
import { createRecovery } from './recovery.js'
import type { OpenCall } from './runner.js'
import { type ContinueRequest, createRuns, type RunRequest, refuseWhenActive, type Started } from './runs.js'
import { type RunSummary, runStatusIn, type SessionSummary } from './summary.js'
import { createTurnKeeper } from './turn-keeper.js'
import type { TurnSnapshots } from './turn-snapshots.js'
import { prepareWorkspace, removeScratch } from './workspace.js'

/** A summary as it is now: a run whose end is not in the log either works somewhere or was interrupted. */
export type SessionView = Omit<SessionSummary, 'run' | 'closed' | 'restoring'> & { run?: RunView }

export interface RunView {
  id: string
  sessionId: string
  status: RunSummary['status'] | 'queued' | 'interrupted'
}

export interface NewSession {
  /** Absolute path of an existing directory; null makes a scratch folder that is removed with the session. */
  workspace: string | null
  title?: string | undefined
  model?: string | undefined
  sandbox: SessionSummary['sandbox']
  approvals?: ApprovalPolicy | undefined
}

export interface SessionChanges {
  title?: string | undefined
  model?: string | undefined
  approvals?: ApprovalPolicy | undefined
}

export interface StartedRun {
  run: RunView
  /** Everything of this run comes after this seq. */
  after: number
}

export interface Cancelled {
  run: RunView
  /** Calls that did not stop in time. */
  hanging: readonly OpenCall[]
}

/** The sessions of one data directory. Failures that callers can act on are `SessionFailure`s. */
export interface Sessions {
  create(session: NewSession): Promise<SessionView>
  get(id: string): Promise<SessionView>
  list(page: { limit: number; before?: PageMark; search?: string }): Promise<SessionView[]>
  /** The model and the policy hold from the next run on. */
  change(id: string, changes: SessionChanges): Promise<SessionView>
  /** A new session with the conversation up to a seq between two turns. */
  fork(id: string, request: ForkRequest): Promise<SessionView>
  /** Takes back what came after a seq between two turns, in the conversation and in the workspace. */
  revert(id: string, seq: number): Promise<SessionView>
  /** Cancels its run, tells its followers, and removes its log and its scratch folder. */
  remove(id: string): Promise<void>

  startRun(id: string, request: RunRequest, idempotencyKey?: string): Promise<StartedRun>
  continueRun(id: string, request: ContinueRequest, idempotencyKey?: string): Promise<StartedRun>
  /** Resolves when the run has ended, after `stopGraceMs` at the latest. */
  cancelRun(id: string, reason?: string): Promise<Cancelled>

  /** The questions that wait for a person. */
  approvals(id: string): Promise<OpenApproval[]>
  /** Answering the same way twice is no error. */
  answerApproval(id: string, approvalId: string, reply: ApprovalReply): Promise<void>

  history(id: string): Promise<readonly StoredEvent[]>
  /** Every event after `after`, then what happens, in batches, until the signal or the end of the session. */
  follow(id: string, from: { after: number; signal: AbortSignal }): Promise<AsyncIterable<readonly SessionEvent[]>>

  /** Takes up what a stopped process left: open runs (unless told not to) and half-removed sessions. */
  recover(options: { resume: boolean }): Promise<void>
  /** Rejects with `storage_failed` where nothing could be written now. */
  check(): Promise<void>
  /** Stops the agents and leaves their runs open in the log, to be resumed. */
  close(): Promise<void>
}

export interface SessionsOptions {
  store: EventStore
  agent: Agent
  /** Names this process among those that share the store; one that starts again under its name takes over at once. */
  owner: string
  /** Where scratch workspaces are made. */
  scratchRoot: string
  /** Nothing is kept of workspaces when absent. */
  snapshots?: TurnSnapshots
  log: Logger
  now: () => number
  /** Hears of every event that this process has written, once it is in the log. Must not throw. */
  observe?: (event: StoredEvent) => void
}

export function createSessions(options: SessionsOptions): Sessions {
  const { store, agent, owner, scratchRoot, snapshots, log, now, observe } = options
  const hubs = createHubs({ store, now, log, isLocal: (id) => open.get(id) !== undefined })
  const open: OpenSessions = createOpenSessions({
    store,
    hubs,
    owner,
    now,
    log,
    observe,
    onIdle: (session) => afterRun(session),
    onRefused: (id) => recovery.retry(id),
  })
  const openNext = async ({ sessionId, events }: Continuation) => {
    if ((await store.find(sessionId)) === undefined) await open.create(sessionId, ({ writer }) => writer.append(events))
  }
  const keeper = createTurnKeeper({ snapshots, log })
  const runs = createRuns({ store, agent, keeper, log, openNext })
  const branches = createBranches({ store, open: () => open, snapshots, scratchRoot, log })

  const afterRun = async (session: OpenSession) => {
    const run = session.writer.summary?.run
    if (run?.status === 'continued') await startContinuation(session.id, run.id)
    await runs.next(session)
  }
  const startContinuation = async (id: string, runId: string) => {
    const continued = (await readAll(store, id)).find((event) => event.type === 'continued' && event.runId === runId)
    if (continued?.type === 'continued') await open.use(continued.data.sessionId, runs.resume)
  }

  const find = async (id: string): Promise<SessionRow> => {
    const row = await store.find(id)
    if (row === undefined || row.summary.closed) throw unknownSession(id)
    return row
  }

  const view = ({ summary, leasedBy }: SessionRow): SessionView => {
    const { closed: _closed, restoring: _restoring, run, ...rest } = summary
    if (run === undefined) return rest
    const works = open.get(summary.id)?.run !== undefined || (leasedBy !== undefined && leasedBy !== owner)
    const status = run.status === 'running' && !works ? 'interrupted' : run.status
    return { ...rest, run: { id: run.id, sessionId: summary.id, status } }
  }

  const viewRun = async (id: string, runId: string): Promise<RunView> => {
    const { run } = view(await find(id))
    if (run?.id === runId) return run
    return { id: runId, sessionId: id, status: runStatusIn(await readAll(store, id), runId) }
  }

  const started = async (id: string, { runId, after }: Started) => ({ run: await viewRun(id, runId), after })

  const finishRemoval = async ({ id, scratch, workspace }: SessionSummary) => {
    if (scratch && !(await isShared(id, workspace))) await removeScratch(workspace)
    await snapshots?.remove(id)
    await store.remove(id)
  }
  /** A session that goes on for another one works in the same scratch folder. */
  const isShared = async (id: string, workspace: string): Promise<boolean> => {
    const users = await store.list({ limit: 100, search: workspace })
    return users.some(({ summary }) => summary.id !== id && summary.workspace === workspace)
  }

  const recovery = createRecovery({
    store,
    owner,
    log,
    finishRemoval,
    resume: (id, { runs: isToRun }) =>
      open.use(id, async (session) => {
        await branches.finishRevert(session)
        if (isToRun) await runs.resume(session)
      }),
  })

  const cancel = async (id: string, reason?: string): Promise<readonly OpenCall[]> => {
    const working = open.get(id)
    if (working?.run !== undefined) return runs.cancel(working, reason)
    return open.use(id, (session) => runs.cancel(session, reason))
  }

  async function* events(id: string, from: { after: number; signal: AbortSignal }) {
    const hub = hubs.hold(id)
    try {
      yield* hub.follow(from)
    } finally {
      hubs.release(id)
    }
  }

  return {
    async create({ workspace: asked, title, model, sandbox, approvals }) {
      const id = `ses_${randomUUID()}`
      const { path: workspace, scratch } = await prepareWorkspace(asked, scratchRoot)
      const data = { workspace, scratch, title, model, sandbox, approvals }
      try {
        await open.create(id, ({ writer }) => writer.append([{ type: 'session.created', data }]))
      } catch (error) {
        if (scratch) await removeScratch(workspace)
        throw error
      }
      return view(await find(id))
    },
    get: async (id) => view(await find(id)),
    list: async (page) => (await store.list(page)).map(view),
    async change(id, { title, ...configured }) {
      await open.use(id, ({ writer }) =>
        writer.append([
          ...(title === undefined ? [] : [{ type: 'session.renamed' as const, data: { title } }]),
          ...(Object.values(configured).some((value) => value !== undefined)
            ? [{ type: 'session.configured' as const, data: configured }]
            : []),
        ]),
      )
      return view(await find(id))
    },
    async fork(id, request) {
      return view(await find(await open.use(id, (session) => branches.fork(session, request))))
    },
    async revert(id, seq) {
      await open.use(id, async (session) => {
        refuseWhenActive(session)
        await branches.revert(session, seq)
      })
      return view(await find(id))
    },
    async remove(id) {
      await cancel(id, 'The session is being deleted.')
      await open.use(id, async (session) => {
        await runs.cancel(session, 'The session is being deleted.')
        await session.writer.append([{ type: 'session.closed', data: { reason: 'deleted' } }])
        if (session.writer.summary !== undefined) await finishRemoval(session.writer.summary)
      })
    },

    async startRun(id, request, key) {
      return started(id, await open.use(id, (session) => runs.start(session, request, key)))
    },
    async continueRun(id, request, key) {
      return started(id, await open.use(id, (session) => runs.continue(session, request, key)))
    },
    async cancelRun(id, reason) {
      const { run } = (await find(id)).summary
      if (run === undefined) throw noRun(id)
      const hanging = await cancel(id, reason)
      return { run: await viewRun(id, run.id), hanging }
    },

    async approvals(id) {
      await find(id)
      return openApprovals(await readAll(store, id))
    },
    async answerApproval(id, approvalId, reply) {
      await open.use(id, async ({ writer, run }) => {
        const history = run?.log.events ?? (await readAll(store, id))
        const asked = findApproval(history, { id: approvalId, sessionId: id, reply })
        if (asked === undefined) return
        const { runId, stepId, parentRunId } = asked
        // It may expire in this moment.
        const answer = {
          type: 'approval.answered' as const,
          runId,
          stepId,
          parentRunId,
          data: { approvalId, ...reply },
        }
        const written = await writer.append(() => (run && !isOpen(run.log.events, asked) ? [] : [answer]))
        if (written.length === 0) findApproval(run?.log.events ?? history, { id: approvalId, sessionId: id, reply })
      })
    },

    async history(id) {
      await find(id)
      return readAll(store, id)
    },
    async follow(id, from) {
      await find(id)
      const tail = await store.tail(id)
      if (from.after > tail) throw badCursor(id, from.after, tail)
      return events(id, from)
    },

    recover: (how) => recovery.all(how),
    check: () => store.check(),
    async close() {
      recovery.close()
      await open.close()
      hubs.close()
    },
  }
}

function noRun(id: string): SessionFailure {
  return new SessionFailure('no_active_run', `Session ${id} has no run to cancel.`, { details: { sessionId: id } })
}

function badCursor(id: string, after: number, tail: number): SessionFailure {
  return new SessionFailure(
    'bad_cursor',
    `Expected a seq of session ${id}, which ends at ${tail}, to go on after; found ${after}. Use 0 for everything.`,
    { details: { sessionId: id, after, tail } },
  )
}
