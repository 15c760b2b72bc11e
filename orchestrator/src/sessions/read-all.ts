import type { StoredEvent } from '../events/index.js'
import type { EventStore } from './event-store.js'

const pageEventsMax = 1_000

/** The whole log of a session. */
export async function readAll(store: EventStore, session: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const page = await store.read({ session, after: events.at(-1)?.seq ?? 0, limit: pageEventsMax })
    if (page.length === 0) return events
    for (const event of page) events.push(event)
  }
}
