import type { Client, InStatement, ResultSet } from '@libsql/client'
import { type AppendBatch, Fenced } from '../event-store.js'
import { isUnsettled } from '../summary.js'
import { told } from './told.js'

/** Appends in one transaction: more of them would keep the event loop for long. */
const groupAppendsMax = 64

interface Waiting {
  readonly batch: AppendBatch
  readonly statements: InStatement[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Appends, of whatever sessions, that come in one turn of the event loop share a transaction and with it the wait for
 * the disk, which the driver spends on the event loop. Each is still fenced by itself, and succeeds or fails by itself.
 */
export function createAppends(client: Client): (batch: AppendBatch) => Promise<void> {
  let waiting: Waiting[] = []

  const writeGroup = async () => {
    const group = waiting.slice(0, groupAppendsMax)
    waiting = waiting.slice(groupAppendsMax)
    if (waiting.length > 0) setImmediate(writeGroup)
    const [first, second] = group
    if (first !== undefined && second === undefined) return writeAlone(first)
    try {
      const results = await told(
        client.batch(
          group.flatMap(({ statements }) => statements),
          'write',
        ),
      )
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
        rest.length === 0 && insert !== undefined
          ? [await told(client.execute(insert))]
          : await told(client.batch(one.statements, 'write'))
      settle(one, written, groupError)
    } catch (error) {
      one.reject(error)
    }
  }

  return (batch) =>
    new Promise((resolve, reject) => {
      waiting.push({ batch, statements: statementsOf(batch), resolve, reject })
      if (waiting.length === 1) setImmediate(writeGroup)
    })
}

function settle({ batch, resolve, reject }: Waiting, written: readonly ResultSet[], groupError?: unknown): void {
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
function statementsOf({ summary, ...batch }: AppendBatch): InStatement[] {
  const inserts: InStatement[] = []
  for (let at = 0; at < batch.events.length; at += eventsPerStatementMax) inserts.push(insertOf(batch, at))
  return summary === undefined ? inserts : [...inserts, { sql: summarySql, args: summaryArgs(summary) }]
}

/** The fence is part of the statement that writes, so nothing can come between the check and the write. */
function insertOf({ session, expectedSeq, epoch, events }: Omit<AppendBatch, 'summary'>, at: number): InStatement {
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
