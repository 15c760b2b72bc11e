import { type EventDraft, eventVersion, type StoredEvent, storedEventSchema } from '../events/index.js'
import type { EventStore } from './event-store.js'
import type { Hub } from './hub.js'
import { type SessionSummary, summarise } from './summary.js'

/** The one writer of a session: gives events their place, appends them under the lease, then publishes them. */
export interface Writer {
  /**
   * All or none, in the order of the calls. Events that break the schema are rejected and nothing else happens; once
   * the store rejected one call every later one is, with the same error.
   */
  append(drafts: Drafts, context?: AppendContext): Promise<readonly StoredEvent[]>
  /** Calls back with what was appended, before anybody else hears of it, until the returned function is called. */
  onAppend(listener: (events: readonly StoredEvent[]) => void): () => void
  readonly summary: SessionSummary | undefined
  /** What made the writer unusable: its place in the log is no longer known. */
  readonly broken: unknown
}

/**
 * Events, or what decides on them when their turn has come and nothing can come in between; nothing is appended where
 * it gives none.
 */
export type Drafts = readonly EventDraft[] | ((place: Place) => readonly EventDraft[])

export interface Place {
  /** The newest event's. */
  seq: number
  summary: SessionSummary | undefined
}

export interface AppendContext {
  runId?: string
  /** The part that the last of the events opens or closes. */
  part?: string
}

export interface WriterOptions {
  store: EventStore
  hub: Hub
  session: string
  epoch: number
  tail: number
  summary?: SessionSummary
  now: () => number
  observe?: ((event: StoredEvent) => void) | undefined
}

export function createWriter({ store, hub, session, epoch, tail, now, ...options }: WriterOptions): Writer {
  let seq = tail
  let summary = options.summary
  let broken: unknown
  let queue: Promise<unknown> = Promise.resolve()
  const listeners = new Set<(events: readonly StoredEvent[]) => void>()

  const appendNow = async (given: Drafts, context: AppendContext): Promise<readonly StoredEvent[]> => {
    if (broken !== undefined) throw broken
    const drafts = typeof given === 'function' ? given({ seq, summary }) : given
    if (drafts.length === 0) return []
    const time = new Date(now()).toISOString()
    // What cannot be read back would close the whole session, so it is refused before it is written.
    const place = (draft: EventDraft, index: number): StoredEvent =>
      storedEventSchema.parse({
        v: eventVersion,
        seq: seq + 1 + index,
        sessionId: session,
        runId: context.runId,
        ...draft,
        time: draft.time ?? time,
      })
    const events = drafts.map(place)
    const after = events.reduce<SessionSummary | undefined>(summarise, summary)
    const change = after === undefined || after === summary ? {} : { summary: after }
    hub.announce(seq + events.length)
    try {
      await store.append({ session, expectedSeq: seq, epoch, events, ...change })
    } catch (error) {
      broken = error
      hub.unannounce()
      throw error
    }
    seq += events.length
    summary = after
    for (const listener of listeners) listener(events)
    hub.publish(events, context.part)
    if (options.observe) events.forEach(options.observe)
    return events
  }

  return {
    append(drafts, context = {}) {
      const result = queue.then(() => appendNow(drafts, context))
      queue = result.catch(() => {})
      return result
    },
    onAppend(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get summary() {
      return summary
    },
    get broken() {
      return broken
    },
  }
}
