import { type StoredEvent, storedEventSchema } from '../../events/index.js'
import type { SessionRow } from '../event-store.js'
import { SessionFailure } from '../failure.js'
import { sessionSummarySchema } from '../summary.js'
import type { Row } from './database.js'

/** A session of which something in the file cannot be read: a broken disk, or a hand that wrote there. */
export interface DamagedSession {
  sessionId: string
  error: SessionFailure
}

export function sessionRow(row: Row): SessionRow {
  const id = text(row, 'id')
  const summary = parsed(() => sessionSummarySchema.parse(JSON.parse(text(row, 'body'))), {
    sessionId: id,
    what: 'its entry in the list of sessions',
  })
  return row.owner === null ? { summary } : { summary, leasedBy: text(row, 'owner') }
}

/** One damaged row must not take the others with it. */
export function readableRows(rows: readonly Row[], onDamaged: (damage: DamagedSession) => void = () => {}) {
  return rows.flatMap((row) => {
    try {
      return [sessionRow(row)]
    } catch (error) {
      if (!(error instanceof SessionFailure)) throw error
      onDamaged({ sessionId: String(row.id), error })
      return []
    }
  })
}

/** What stands before a damaged event is still true, so it is given; the damage is met by whoever reads on. */
export function eventsIn(session: string, rows: readonly Row[]): StoredEvent[] {
  const events: StoredEvent[] = []
  for (const row of rows) {
    try {
      events.push(storedEvent(session, row))
    } catch (error) {
      if (events.length === 0) throw error
      break
    }
  }
  return events
}

function storedEvent(sessionId: string, row: Row): StoredEvent {
  const place = { sessionId, seq: Number(row.seq) }
  return parsed(() => storedEventSchema.parse(JSON.parse(text(row, 'body'))), { ...place, what: `event ${place.seq}` })
}

interface Place {
  sessionId: string
  seq?: number
  what: string
}

function parsed<T>(parse: () => T, { what, ...details }: Place): T {
  try {
    return parse()
  } catch (cause) {
    const message = `Session ${details.sessionId} is damaged: ${what} cannot be read. Restore the data directory's sessions.db from a copy, or go on in a new session.`
    throw new SessionFailure('session_damaged', message, { details, cause })
  }
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`Column ${column} holds ${typeof value}, not text.`)
  return value
}
