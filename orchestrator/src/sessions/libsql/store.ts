import { chmod, open } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { type Client, createClient, type InArgs, LibsqlError } from '@libsql/client'
import type { StoredEvent } from '../../events/index.js'
import { type AppendBatch, type EventStore, Fenced, readBytesMax } from '../event-store.js'
import { SessionFailure } from '../failure.js'
import { isUnsettled } from '../summary.js'
import { type DamagedSession, eventsIn, readableRows, sessionRow, text } from './rows.js'
import { schema, schemaVersion } from './schema.js'

/** Another process may hold the file's write lock this long before we give up; at 0 two processes fail each other. */
const busyTimeoutMs = 5_000
/** The driver is synchronous: a long log is removed in slices, so that other sessions get their turn. */
const removeRowsMax = 1_000

export interface LibsqlStoreOptions {
  file: string
  /** The clock that leases are measured by. */
  now: () => number
  /** Told of each session that lists leave out because its row cannot be read. */
  onDamaged?: (damage: DamagedSession) => void
}

/** An event store in one SQLite file. */
export async function openLibsqlStore({ file, now, onDamaged }: LibsqlStoreOptions): Promise<EventStore> {
  await makePrivate(file)
  const client = connect(file)
  const run = async (sql: string, args: InArgs = []) => (await told(client.execute({ sql, args }))).rows
  const change = async (sql: string, args: InArgs) => (await told(client.execute({ sql, args }))).rowsAffected
  try {
    await prepare(client)
  } catch (error) {
    client.close()
    throw error
  }

  return {
    append: (batch) => append(client, batch),
    async read({ session, after, limit }) {
      const rows = await run(readSql, [session, after, limit, readBytesMax])
      return eventsIn(session, rows)
    },
    async tail(session) {
      const [row] = await run('SELECT COALESCE(MAX(seq), 0) AS seq FROM events WHERE session = ?', [session])
      return Number(row?.seq ?? 0)
    },
    async tails(sessions) {
      const rows = await run(tailsSql, [JSON.stringify(sessions)])
      return new Map(rows.map((row) => [text(row, 'session'), Number(row.seq)]))
    },
    async find(session) {
      const [row] = await run(`${rowSql} WHERE s.id = ?`, [now(), session])
      return row && sessionRow(row)
    },
    async list({ limit, before, search }) {
      const rows = await run(
        `${rowSql} WHERE s.state != 'closed' AND (? = '' OR instr(s.words, ?) > 0)
         AND (s.created_at, s.id) < (?, ?) ORDER BY s.created_at DESC, s.id DESC LIMIT ?`,
        [now(), ...twice((search ?? '').toLowerCase()), before?.createdAt ?? afterAllTimes, before?.id ?? '', limit],
      )
      return readableRows(rows, onDamaged)
    },
    async unsettled() {
      const rows = await run(`${rowSql} WHERE s.state != 'settled' ORDER BY s.created_at`, [now()])
      return readableRows(rows, onDamaged)
    },
    async remove(session) {
      while ((await change(removeSql, [session, session, removeRowsMax])) === removeRowsMax) await nextTurn()
      await change('DELETE FROM sessions WHERE id = ?', [session])
      await change('DELETE FROM leases WHERE session = ?', [session])
    },
    async acquire({ session, owner, ttlMs }) {
      const time = now()
      const [row] = await run(acquireSql, [session, owner, time + ttlMs, time])
      return row && Number(row.epoch)
    },
    async renew({ owner, sessions, ttlMs }) {
      const rows = await run(renewSql, [now() + ttlMs, owner, JSON.stringify(sessions)])
      return rows.map((row) => text(row, 'session'))
    },
    async release({ session, epoch }) {
      await change('UPDATE leases SET until = 0 WHERE session = ? AND epoch = ?', [session, epoch])
    },
    close: () => client.close(),
  }
}

/** Conversations are for their user alone, also in a folder that others may enter; SQLite's side files take this mode. */
async function makePrivate(file: string): Promise<void> {
  try {
    await (await open(file, 'a', 0o600)).close()
    await chmod(file, 0o600)
  } catch (cause) {
    throw unopened(file, cause)
  }
}

function connect(file: string): Client {
  try {
    return createClient({ url: pathToFileURL(file).href, timeout: busyTimeoutMs, concurrency: 1 })
  } catch (cause) {
    throw unopened(file, cause)
  }
}

function unopened(file: string, cause: unknown): SessionFailure {
  const message = `The event log ${file} cannot be opened; its folder must exist and be writable.`
  return new SessionFailure('storage_failed', message, { cause })
}

async function prepare(client: Client): Promise<void> {
  await told(client.execute('PRAGMA journal_mode = WAL'))
  await told(client.execute('PRAGMA synchronous = FULL'))
  const version = Number((await told(client.execute('PRAGMA user_version'))).rows[0]?.user_version ?? 0)
  if (version > schemaVersion) {
    throw new SessionFailure(
      'storage_failed',
      `The event log was written by a newer version (format ${version}, this one reads ${schemaVersion}). Upgrade, or use another data directory.`,
    )
  }
  await told(client.batch([...schema, `PRAGMA user_version = ${schemaVersion}`], 'write'))
}

/** The fence is part of the statement that writes, so nothing can come between the check and the write. */
async function append(client: Client, { session, expectedSeq, epoch, events, summary }: AppendBatch): Promise<void> {
  const statements = chunks(events).map(({ at, chunk }) => {
    const values = chunk.map(() => '(?, ?, ?, ?, ?)').join(', ')
    const rows = chunk.flatMap((event) => {
      const body = JSON.stringify(event)
      return [session, event.seq, event.type, Buffer.byteLength(body), body]
    })
    return { sql: appendSql(values), args: [...rows, session, epoch, session, expectedSeq + at] }
  })
  const [first, ...later] = statements
  if (first === undefined) return
  const written =
    summary === undefined && later.length === 0
      ? [await told(client.execute(first))]
      : await told(client.batch([...statements, ...summaryStatements(summary)], 'write'))
  const added = written.slice(0, statements.length).reduce((sum, { rowsAffected }) => sum + rowsAffected, 0)
  if (added === events.length) return
  throw new Fenced(`The lease of ${session} is not at epoch ${epoch}, or its log does not end at ${expectedSeq}.`)
}

/** SQLite takes 32,766 values in a statement. Where the first chunk is refused, those after it do not fit either. */
const eventsPerStatementMax = 1_000

function chunks(events: readonly StoredEvent[]): { at: number; chunk: readonly StoredEvent[] }[] {
  const found = []
  for (let at = 0; at < events.length; at += eventsPerStatementMax) {
    found.push({ at, chunk: events.slice(at, at + eventsPerStatementMax) })
  }
  return found
}

function summaryStatements(summary: AppendBatch['summary']): { sql: string; args: string[] }[] {
  return summary === undefined ? [] : [{ sql: summarySql, args: summaryArgs(summary) }]
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

const readSql = `SELECT seq, body FROM events WHERE session = ?1 AND seq IN (
    SELECT seq FROM (
      SELECT seq, SUM(bytes) OVER (ORDER BY seq) - bytes AS before FROM (
        SELECT seq, bytes FROM events WHERE session = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3))
    WHERE before < ?4)
  ORDER BY seq`

/** A subquery each finds the end in the index; with GROUP BY every row of the logs would be looked at. */
const tailsSql = `SELECT value AS session, (SELECT COALESCE(MAX(seq), 0) FROM events WHERE session = value) AS seq
  FROM json_each(?)`

const rowSql = `SELECT s.id AS id, s.body AS body, l.owner AS owner FROM sessions s
  LEFT JOIN leases l ON l.session = s.id AND l.until > ?`

const acquireSql = `INSERT INTO leases (session, owner, epoch, until) VALUES (?1, ?2, 1, ?3)
  ON CONFLICT (session) DO UPDATE SET owner = ?2, epoch = epoch + 1, until = ?3
  WHERE until <= ?4 OR owner = ?2 RETURNING epoch`

/** A released lease has `until = 0` and is not taken up again by renewing it. */
const renewSql = `UPDATE leases SET until = ? WHERE owner = ? AND until > 0
  AND session IN (SELECT value FROM json_each(?)) RETURNING session`

const removeSql = `DELETE FROM events WHERE session = ? AND seq IN (
  SELECT seq FROM events WHERE session = ? ORDER BY seq LIMIT ?)`

/** Sorts after every ISO date. */
const afterAllTimes = '~'

function twice(value: string): [string, string] {
  return [value, value]
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Failures of the disk or the file reach people as sentences; the driver's own words stay in `cause`. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof LibsqlError)) throw cause
    throw new SessionFailure('storage_failed', `${explain(cause.code)} (${cause.code}: ${cause.message})`, { cause })
  }
}

function explain(code: string): string {
  if (code === 'SQLITE_FULL') return 'The disk of the data directory is full; free some space and try again.'
  if (code.startsWith('SQLITE_BUSY')) return 'The event log stayed locked by another process; try again.'
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN'))
    return 'The event log cannot be written; check the permissions of the data directory.'
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return 'The event log is damaged; restore it from a copy or use another data directory.'
  return 'The event log did not accept the operation.'
}
