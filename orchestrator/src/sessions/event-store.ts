import type { StoredEvent } from '../events/index.js'
import type { SessionSummary } from './summary.js'

/** Bound on one `read`, so that a log of large tool results is not held in memory once per reader. */
export const readBytesMax = 1_048_576

/**
 * Where logs are kept. Several processes may share one: a session is written only by the holder of its lease, and
 * every append is fenced by the lease's epoch, so a holder that was thought dead cannot write after its successor.
 */
export interface EventStore {
  /**
   * Adds events with the seqs `expectedSeq + 1 …`, all or none, durable when it resolves. Throws `Fenced` when the
   * lease has another epoch or the log does not end at `expectedSeq`. Any other rejection leaves the outcome unknown:
   * the caller reads `tail` before it appends again.
   */
  append(batch: AppendBatch): Promise<void>
  /**
   * Events after `after`, ascending: at least one if there is any, at most `limit`, about `readBytesMax` together. One
   * that cannot be read ends the list before it; where it would be the first it is a `session_damaged`.
   */
  read(range: { session: string; after: number; limit: number }): Promise<StoredEvent[]>
  /** The last seq of the log; 0 when there is none. */
  tail(session: string): Promise<number>
  /** The same of many at once, in one question to the store. */
  tails(sessions: readonly string[]): Promise<ReadonlyMap<string, number>>

  /** Throws `session_damaged` when what is kept of it cannot be read; `list` and `unsettled` leave such a one out. */
  find(session: string): Promise<SessionRow | undefined>
  /** Newest first, closed ones left out. `search` matches a part of the title or the workspace, whatever its case. */
  list(page: { limit: number; before?: PageMark; search?: string }): Promise<SessionRow[]>
  /** Sessions that need work at start: a run without an end, or closed and not yet removed. */
  unsettled(): Promise<SessionRow[]>
  /** Removes a session, its events and its lease. */
  remove(session: string): Promise<void>

  /** Takes the lease when it is free, expired, or already this owner's; the epoch rises each time. */
  acquire(lease: { session: string; owner: string; ttlMs: number }): Promise<number | undefined>
  /** Extends the leases that are still this owner's, expired or not, and names their sessions. */
  renew(leases: { owner: string; sessions: readonly string[]; ttlMs: number }): Promise<string[]>
  /** Frees the lease if it still has this epoch. */
  release(lease: { session: string; epoch: number }): Promise<void>

  /** Rejects with `storage_failed` where nothing could be appended now. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface AppendBatch {
  session: string
  expectedSeq: number
  epoch: number
  events: readonly StoredEvent[]
  /** The session's summary after these events, when they change it; written with them or not at all. */
  summary?: SessionSummary
}

export interface SessionRow {
  summary: SessionSummary
  /** The owner of an unexpired lease. */
  leasedBy?: string
}

export interface PageMark {
  createdAt: string
  id: string
}

/** The append was refused: someone else holds the session, or wrote to it. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}
