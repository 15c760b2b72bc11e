import { randomUUID } from 'node:crypto'
import { cp } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { EventDraft, StoredEvent } from '../events/index.js'
import { boundaryAt } from './boundaries.js'
import type { EventStore } from './event-store.js'
import { SessionFailure } from './failure.js'
import type { OpenSession, OpenSessions } from './open-sessions.js'
import { readAll } from './read-all.js'
import type { SessionSummary } from './summary.js'
import { workspaceNotKept } from './turn-keeper.js'
import { labelFor, type TurnSnapshots } from './turn-snapshots.js'
import { prepareWorkspace, removeScratch } from './workspace.js'

/** Of what a revert could not put back, so many paths stand in the log. */
export const leftPathsMax = 100

export interface ForkRequest {
  /** A seq between two turns. */
  seq: number
  title?: string | undefined
  /**
   * An existing directory, or null for a scratch folder with the files as they were at `seq`. When absent, the
   * session's own directory, or such a scratch folder where that is one itself.
   */
  workspace?: string | null | undefined
}

/** Going back to an earlier point of a session, in the session itself or in another one. */
export interface Branches {
  /** Takes back what came after `seq`, in the conversation and in the workspace; called in the session's turn. */
  revert(session: OpenSession, seq: number): Promise<void>
  /** Puts the workspace back where a process stopped in the middle of a revert. */
  finishRevert(session: OpenSession): Promise<void>
  /** A new session with the conversation up to `seq`; called in the origin's turn. */
  fork(origin: OpenSession, request: ForkRequest): Promise<string>
}

export interface BranchesOptions {
  store: EventStore
  open: () => OpenSessions
  snapshots: TurnSnapshots | undefined
  scratchRoot: string
  log: Logger
}

export function createBranches({ store, open, snapshots, scratchRoot, log }: BranchesOptions): Branches {
  const restore = async (session: OpenSession, seq: number): Promise<Restored> => {
    const owner = ownerOf(session)
    if (snapshots === undefined) return failed('this server keeps no snapshots')
    const label = labelFor(await snapshots.labels(owner), seq)
    const unkept = await unkeptAfter(session, seq)
    if (unkept !== undefined && (label ?? unkept) >= unkept) {
      return failed('nothing was kept of the workspace at that point')
    }
    if (label === undefined) return unchanged
    const { restored, removed, left } = await snapshots.restore(owner, label)
    return { restored, removed, left: left.slice(0, leftPathsMax).map(({ path, why }) => ({ path, why })) }
  }

  const finishRevert = async (session: OpenSession): Promise<void> => {
    const seq = session.writer.summary?.restoring
    if (seq === undefined) return
    const data = await restore(session, seq).catch((error: unknown) => {
      log.warn({ err: error, sessionId: session.id }, 'the workspace could not be restored')
      return failed(error instanceof Error ? error.message : String(error))
    })
    await session.writer.append([{ type: 'session.restored', data }])
  }

  /** Where the log says that a later turn could not keep the workspace before it changed it. */
  const unkeptAfter = async ({ id }: OpenSession, seq: number): Promise<number | undefined> =>
    (await readAll(store, id)).find(
      (event) => event.seq > seq && event.type === 'notice' && event.data.code === workspaceNotKept,
    )?.seq

  const fillFrom = async (origin: OpenSession, seq: number, directory: string): Promise<void> => {
    const owner = ownerOf(origin)
    const label = labelFor((await snapshots?.labels(owner)) ?? [], seq)
    if (label !== undefined) await snapshots?.copyTo(owner, label, directory)
    else await cp(owner.workspace, directory, { recursive: true, verbatimSymlinks: true })
  }

  return {
    async revert(session, seq) {
      const history = await readAll(store, session.id)
      const { run } = boundaryAt(history, seq)
      // What is there now is kept first: nothing is lost by a revert.
      await snapshots?.take(ownerOf(session), history.at(-1)?.seq ?? 0)
      await session.writer.append([{ type: 'session.reverted', data: { seq, run: endedRun(run) } }])
      await finishRevert(session)
    },

    finishRevert,

    async fork(origin, { seq, title, workspace: asked }) {
      const history = await readAll(store, origin.id)
      boundaryAt(history, seq)
      const source = summaryOf(origin)
      const id = `ses_${randomUUID()}`
      const wanted = asked === undefined && !source.scratch ? source.workspace : (asked ?? null)
      const { path: workspace, scratch } = await prepareWorkspace(wanted, scratchRoot)
      try {
        if (scratch) await fillFrom(origin, seq, workspace)
        const created: EventDraft = {
          type: 'session.created',
          data: {
            workspace,
            scratch,
            title: title ?? source.title,
            model: source.model,
            sandbox: source.sandbox,
            approvals: source.approvals,
            parent: { sessionId: origin.id, seq },
          },
        }
        await open().create(id, async ({ writer }) => {
          await writer.append([created, ...history.slice(1, seq).map(copied)])
          // What waited there waits there still.
          await writer.append(({ summary }) =>
            (summary?.queued ?? []).map((runId) => ({ type: 'run.cancelled', runId, data: { reason: 'Forked.' } })),
          )
        })
      } catch (error) {
        if (scratch) await removeScratch(workspace)
        throw error
      }
      await origin.writer.append([{ type: 'session.forked', data: { sessionId: id, seq } }])
      return id
    },
  }
}

type Restored = Extract<StoredEvent, { type: 'session.restored' }>['data']

const unchanged: Restored = { restored: 0, removed: 0, left: [] }

function failed(problem: string): Restored {
  return { ...unchanged, problem }
}

function endedRun(run: SessionSummary['run']) {
  if (run === undefined || run.status === 'running') return undefined
  return { id: run.id, status: run.status }
}

/** The event without its place: the new log begins with an event of its own, so every other keeps its seq. */
function copied(event: StoredEvent): EventDraft {
  const { v: _v, seq: _seq, sessionId: _sessionId, ...draft } = event
  return draft
}

function summaryOf({ id, writer }: OpenSession): SessionSummary {
  if (writer.summary === undefined) throw new SessionFailure('unknown_session', `There is no session ${id}.`)
  return writer.summary
}

function ownerOf(session: OpenSession): { id: string; workspace: string } {
  return { id: session.id, workspace: summaryOf(session).workspace }
}
