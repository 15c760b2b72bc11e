import { type AppendBatch, Fenced } from '../event-store.js'
import { isUnsettled } from '../summary.js'
import type { Database, Result, Statement } from './database.js'
import { told } from './told.js'

/** Appends in one transaction: reads wait for it, and all of them fail together when the disk is full. */
const groupAppendsMax = 64

interface Waiting {
  readonly batch: AppendBatch
  readonly statements: readonly Statement[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Appends, of whatever sessions, that come while another is written share the next transaction and with it the wait
 * for the disk. Each is still fenced by itself, and succeeds or fails by itself.
 */
export function createAppends(database: Database): (batch: AppendBatch) => Promise<void> {
  const waiting: Waiting[] = []
  let isWriting = false

  const writeAll = async () => {
    isWriting = true
    while (waiting.length > 0) await writeGroup(waiting.splice(0, groupAppendsMax))
    isWriting = false
  }

  const writeGroup = async (group: readonly Waiting[]) => {
    const [first, second] = group
    if (first && !second) return writeAlone(first)
    try {
      const results = await told(database.batch(group.flatMap(({ statements }) => statements)))
      let place = 0
      for (const one of group) {
        settle(one, results.slice(place, place + one.statements.length))
        place += one.statements.length
      }
    } catch (error) {
      // Nothing of the group was written. What one of them has met need not be the others' fate.
      for (const one of group) await writeAlone(one, error)
    }
  }

  /** After a group that failed: what is refused then may have been written by it, so the group's error is told. */
  const writeAlone = async (one: Waiting, groupError?: unknown) => {
    const [insert, ...rest] = one.statements
    try {
      const written =
        rest.length === 0 && insert
          ? [await told(database.execute(insert))]
          : await told(database.batch(one.statements))
      settle(one, written, groupError)
    } catch (error) {
      one.reject(error)
    }
  }

  return (batch) =>
    new Promise((resolve, reject) => {
      waiting.push({ batch, statements: statementsOf(batch), resolve, reject })
      if (!isWriting) void writeAll()
    })
}

function settle({ batch, resolve, reject }: Waiting, written: readonly Result[], groupError?: unknown): void {
  const { session, epoch, expectedSeq, events } = batch
  const inserts = written.slice(0, Math.ceil(events.length / eventsPerStatementMax))
  const added = inserts.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0)
  const message = `The lease of ${session} is not at epoch ${epoch}, or its log does not end at ${expectedSeq}.`
  if (added === events.length) resolve()
  else reject(groupError ?? new Fenced(message))
}

/** SQLite takes 32,766 values in a statement. Where the first of several is refused, those after it do not fit either. */
const eventsPerStatementMax = 1_000

/** The inserts, then the summary's. */
function statementsOf({ summary, ...batch }: AppendBatch): Statement[] {
  const inserts: Statement[] = []
  for (let at = 0; at < batch.events.length; at += eventsPerStatementMax) inserts.push(insertOf(batch, at))
  return summary === undefined ? inserts : [...inserts, { sql: summarySql, args: summaryArgs(summary) }]
}

/** The fence is part of the statement that writes, so nothing can come between the check and the write. */
function insertOf({ session, expectedSeq, epoch, events }: Omit<AppendBatch, 'summary'>, at: number): Statement {
  const part = events.slice(at, at + eventsPerStatementMax)
  const values = part.map(() => '(?, ?, ?, ?, ?)').join(', ')
  const rows = part.flatMap((event) => {
    const body = JSON.stringify(event)
    return [session, event.seq, event.type, Buffer.byteLength(body), body]
  })
  return { sql: appendSql(values), args: [...rows, session, epoch, session, expectedSeq + at] }
}

function appendSql(values: string): string {
  return `INSERT INTO events (session, seq, type, bytes, body)
    SELECT column1, column2, column3, column4, column5 FROM (VALUES ${values})
    WHERE (SELECT epoch FROM leases WHERE session = ?) = ?
    AND (SELECT COALESCE(MAX(seq), 0) FROM events WHERE session = ?) = ?`
}

/** `changes()` is the count of the insert before it in the same batch: a refused append leaves the summary alone. */
const summarySql = `INSERT INTO sessions (id, created_at, state, words, body)
  SELECT ?, ?, ?, ?, ? WHERE changes() > 0
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, words = excluded.words, body = excluded.body`

function summaryArgs(summary: NonNullable<AppendBatch['summary']>): string[] {
  const state = summary.closed ? 'closed' : isUnsettled(summary) ? 'running' : 'settled'
  const words = `${summary.title ?? ''}\n${summary.workspace}`.toLowerCase()
  return [summary.id, summary.createdAt, state, words, JSON.stringify(summary)]
}
