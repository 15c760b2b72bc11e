import { chmod, open, stat } from 'node:fs/promises'
import { type EventStore, readBytesMax } from '../event-store.js'
import { SessionFailure } from '../failure.js'
import { createAppends } from './appends.js'
import { type Database, openDatabase, type Value } from './database.js'
import { type DamagedSession, eventsIn, readableRows, sessionRow, text } from './rows.js'
import { schema, schemaVersion } from './schema.js'
import { told } from './told.js'

/** Another process may hold the file's write lock this long before we give up; at 0 two processes fail each other. */
const busyTimeoutMs = 5_000
/** A long log is removed in slices, so that other sessions get their turn. */
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
  const database = openDatabase({ file, busyTimeoutMs })
  const run = async (sql: string, args: readonly Value[]) => (await told(database.execute({ sql, args }))).rows
  const change = async (sql: string, args: readonly Value[]) =>
    (await told(database.execute({ sql, args }))).rowsAffected
  try {
    await prepare(database)
  } catch (error) {
    await database.close()
    throw error
  }

  const append = createAppends(database)
  const place = await placeOf(file)
  let gone: SessionFailure | undefined
  /** What is written to a file that has no name any more is lost with the process. */
  const checkPlace = async () => {
    if (!gone && (await placeOf(file)) !== place) gone = removed(file)
    if (gone) throw gone
  }

  return {
    async append(batch) {
      if (gone) throw gone
      return append(batch)
    },
    async check() {
      await checkPlace()
      // Writes a page, so that a full disk and a lock that stays are met.
      await run(`PRAGMA user_version = ${schemaVersion}`, [])
    },
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
      while ((await change(removeSql, [session, session, removeRowsMax])) === removeRowsMax);
      await change('DELETE FROM sessions WHERE id = ?', [session])
      await change('DELETE FROM leases WHERE session = ?', [session])
    },
    async acquire({ session, owner, ttlMs }) {
      await checkPlace()
      const time = now()
      const [row] = await run(acquireSql, [session, owner, time + ttlMs, time])
      return row && Number(row.epoch)
    },
    async renew({ owner, sessions, ttlMs }) {
      await checkPlace()
      const rows = await run(renewSql, [now() + ttlMs, owner, JSON.stringify(sessions)])
      return rows.map((row) => text(row, 'session'))
    },
    async release({ session, epoch }) {
      await change('UPDATE leases SET until = 0 WHERE session = ? AND epoch = ?', [session, epoch])
    },
    close: () => database.close(),
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

async function placeOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found && `${found.dev} ${found.ino}`
}

function removed(file: string): SessionFailure {
  const message = `The event log ${file} was removed or replaced while the service ran, so nothing more is written. Put the file back, or restore it from a copy, and start the service again.`
  return new SessionFailure('storage_failed', message)
}

function unopened(file: string, cause: unknown): SessionFailure {
  const message = `The event log ${file} cannot be opened; its folder must exist and be writable.`
  return new SessionFailure('storage_failed', message, { cause })
}

async function prepare(database: Database): Promise<void> {
  await told(database.execute({ sql: 'PRAGMA journal_mode = WAL' }))
  await told(database.execute({ sql: 'PRAGMA synchronous = FULL' }))
  const version = Number((await told(database.execute({ sql: 'PRAGMA user_version' }))).rows[0]?.user_version ?? 0)
  if (version > schemaVersion) {
    throw new SessionFailure(
      'storage_failed',
      `The event log was written by a newer version (format ${version}, this one reads ${schemaVersion}). Upgrade, or use another data directory.`,
    )
  }
  await told(database.batch([...schema, `PRAGMA user_version = ${schemaVersion}`].map((sql) => ({ sql }))))
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
