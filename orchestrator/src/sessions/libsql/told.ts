import { SessionFailure } from '../failure.js'
import { DatabaseError, threadEnded } from './database.js'

/** Failures of the disk or the file reach people as sentences; SQLite's own words stay in `cause`. */
export async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause
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
  if (code === threadEnded) return 'The event log is closed; start the service again.'
  return 'The event log did not accept the operation.'
}
