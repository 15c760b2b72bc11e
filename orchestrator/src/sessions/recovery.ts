import type { Logger } from 'pino'
import type { EventStore, SessionRow } from './event-store.js'
import { createRetries } from './retries.js'
import type { SessionSummary } from './summary.js'

/** Takes up what was left half-done, each session by itself, and none that another process has. */
export interface Recovery {
  /** What a stopped process left. */
  all(how: { resume: boolean }): Promise<void>
  /** A session whose run the log refused: again and again until the log can be written. */
  retry(session: string): void
  close(): void
}

export interface RecoveryOptions {
  store: EventStore
  owner: string
  log: Logger
  /** Of a session that is closed and not yet removed. */
  finishRemoval(summary: SessionSummary): Promise<void>
  /** Of any other: what a revert left, and its run where `runs` says so. */
  resume(session: string, how: { runs: boolean }): Promise<void>
}

export function createRecovery({ store, owner, log, finishRemoval, resume }: RecoveryOptions): Recovery {
  const takeUp = async ({ summary, leasedBy }: SessionRow, runs: boolean): Promise<void> => {
    if (leasedBy !== undefined && leasedBy !== owner) return
    if (summary.closed) await finishRemoval(summary)
    else await resume(summary.id, { runs })
  }
  const retries = createRetries({
    log,
    async resume(session) {
      const row = await store.find(session)
      if (row) await takeUp(row, true)
    },
  })

  return {
    async all({ resume: runs }) {
      for (const row of await store.unsettled()) {
        await takeUp(row, runs).catch((error: unknown) =>
          log.error({ err: error, sessionId: row.summary.id }, 'could not recover'),
        )
      }
    },
    retry: retries.add,
    close: retries.close,
  }
}
