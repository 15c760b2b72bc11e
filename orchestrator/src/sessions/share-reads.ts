import type { StoredEvent } from '../events/index.js'
import type { EventStore } from './event-store.js'

/** Of a larger event, readers who are in it at the same time get the same object, and with it the same bytes. */
const largeEventChars = 65_536

/**
 * Readers of one session who read the same part of its log at the same time share the answer: sixty that come back
 * at once to a log with one event of 5 MB cost as much as one. Nothing is kept that no reader holds.
 */
export function shareReads(store: EventStore): EventStore {
  const underWay = new Map<string, Promise<StoredEvent[]>>()
  const large = new Map<number, WeakRef<StoredEvent>>()
  const forget = new FinalizationRegistry<number>((seq) => {
    if (large.get(seq)?.deref() === undefined) large.delete(seq)
  })

  const remember = (event: StoredEvent): StoredEvent => {
    const known = large.get(event.seq)?.deref()
    if (known !== undefined) return known
    if (!isLarge(event)) return event
    large.set(event.seq, new WeakRef(event))
    forget.register(event, event.seq)
    return event
  }

  return {
    ...store,
    read(range) {
      const key = `${range.session} ${range.after} ${range.limit}`
      const known = underWay.get(key)
      if (known !== undefined) return known
      const reading = store
        .read(range)
        .then((events) => events.map(remember))
        .finally(() => underWay.delete(key))
      underWay.set(key, reading)
      return reading
    },
  }
}

/** Roughly: the strings somewhere in it, without making its JSON. */
function isLarge(value: unknown): boolean {
  let chars = 0
  const add = (part: unknown): boolean => {
    if (typeof part === 'string') chars += part.length
    else if (typeof part === 'object' && part !== null) return Object.values(part).some(add)
    return chars > largeEventChars
  }
  return add(value)
}
