import type { Logger } from 'pino'
import { type EventDraft, endsRun, type LiveLog, type StoredEvent } from '../events/index.js'
import type { OpenSession } from './open-sessions.js'
import type { TurnSnapshots } from './turn-snapshots.js'

/** Keeps the workspace at the boundaries of turns that change something; a conversation alone costs nothing. */
export interface TurnKeeper {
  /** For a run: to be awaited before its first change, whoever asks first. Never rejects. */
  before(session: OpenSession, run: { runId: string; log: LiveLog }): () => Promise<void>
  /** When the newest run has ended. The log is read only where there is something to keep. Never rejects. */
  after(session: OpenSession, readLog: () => Promise<readonly StoredEvent[]>): Promise<void>
}

export interface TurnKeeperOptions {
  /** Nothing is kept when absent. */
  snapshots: TurnSnapshots | undefined
  log: Logger
}

/** Code of the notice that says so, once for each reason. */
export const workspaceNotKept = 'workspace_not_kept'

export function createTurnKeeper({ snapshots, log }: TurnKeeperOptions): TurnKeeper {
  /** Runs that were let change something and have not ended. */
  const changing = new Set<string>()

  /** A session goes on without snapshots, for example where there is no git. */
  const told = async ({ id, writer }: OpenSession, history: readonly StoredEvent[], work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error, sessionId: id }, 'the workspace could not be kept')
      const why = error instanceof Error ? error.message : String(error)
      const message = `The workspace as it is now could not be kept, so no revert can bring it back: ${why}`
      if (history.some((event) => event.type === 'notice' && event.data.message === message)) return
      const notice: EventDraft = { type: 'notice', data: { code: workspaceNotKept, message } }
      await writer.append([notice]).catch(() => {})
    }
  }

  return {
    before(session, { runId, log: { events } }) {
      let keeping: Promise<void> | undefined
      const keep = async () => {
        const started = events.find((event) => event.type === 'run.started' && event.runId === runId)
        const owner = ownerOf(session)
        if (snapshots === undefined || started === undefined) return
        changing.add(runId)
        await told(session, events, async () => {
          const label = started.seq - 1
          // A run that goes on after a crash may have changed something already.
          if (!(await snapshots.labels(owner)).includes(label)) await snapshots.take(owner, label)
        })
      }
      return () => {
        keeping ??= keep()
        return keeping
      }
    },
    async after(session, readLog) {
      const runId = session.writer.summary?.run?.id
      if (snapshots === undefined || runId === undefined || !changing.delete(runId)) return
      const history = await readLog()
      // What came after the end, such as a new title, is not the turn's.
      const end = history.findLast((event) => event.runId === runId && endsRun(event))
      if (end) await told(session, history, () => snapshots.take(ownerOf(session), end.seq))
    },
  }
}

function ownerOf({ id, writer }: OpenSession): { id: string; workspace: string } {
  return { id, workspace: writer.summary?.workspace ?? '' }
}
