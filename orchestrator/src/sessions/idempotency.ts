import { createHash } from 'node:crypto'
import type { StoredEvent } from '../events/index.js'
import { SessionFailure } from './failure.js'

export interface Idempotency {
  key: string
  hash: string
}

/** `request` is what was asked, as parsed: its keys come in the schema's order, so equal requests have equal text. */
export function idempotencyOf(request: object, key: string | undefined): Idempotency | undefined {
  if (key === undefined) return undefined
  return { key, hash: createHash('sha256').update(JSON.stringify(request)).digest('hex') }
}

/** The run that an earlier request with this key began. Refuses a key that came with another request. */
export function findRepeat(history: readonly StoredEvent[], idempotency: Idempotency | undefined): string | undefined {
  if (idempotency === undefined) return undefined
  for (const event of history) {
    if (event.type !== 'run.started' && event.type !== 'input.admitted') continue
    if (event.data.idempotency?.key !== idempotency.key) continue
    if (event.data.idempotency.hash === idempotency.hash) return event.runId
    throw new SessionFailure(
      'idempotency_conflict',
      `Idempotency-Key ${JSON.stringify(idempotency.key)} was used for another request; use a new key for a new one.`,
      { details: { runId: event.runId } },
    )
  }
  return undefined
}
