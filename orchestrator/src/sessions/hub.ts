import type { DeltaEvent, DeltaType, StoredEvent } from '../events/index.js'
import type { EventStore } from './event-store.js'
import { createParts } from './parts.js'

export type SessionEvent = StoredEvent | DeltaEvent

/** What happens now in one session: wakes its followers and hands them what the log does not keep. */
export interface Hub {
  /** An append that will end at `seq` begins; `publish` or `unannounce` follows. */
  announce(seq: number): void
  unannounce(): void
  /** Events that are in the log now; `part` is the one that the last of them opens or closes. */
  publish(events: readonly StoredEvent[], part?: string): void
  delta(piece: { type: DeltaType; part: string; runId: string; text: string }): void
  /** The log was found to end at `seq`, written by another process; 0 when it was removed. */
  advance(seq: number): void
  /** No part is open any more: the run is over or its process lost the session. */
  clearParts(): void
  /** Everything after `after`, in batches, at the reader's own pace; ends with `session.closed` or the signal. */
  follow(from: { after: number; signal: AbortSignal }): AsyncGenerator<readonly SessionEvent[]>
  /** Ends those who follow now once they have read the log to its end; others may come. */
  dismiss(): void
  /** Ends every follower once it has read the log to its end. */
  close(): void
}

/** Events waiting for one follower. One that is further behind drops them and reads the log instead. */
export const queuedEventsMax = 1_024
const replayEventsMax = 200

interface Follower {
  /** Reads the log (false) or the queue (true). */
  live: boolean
  isDismissed: boolean
  queue: SessionEvent[]
  wake: () => void
}

export function createHub({ store, session, now }: { store: EventStore; session: string; now: () => number }): Hub {
  const followers = new Set<Follower>()
  const parts = createParts()
  const time = () => new Date(now()).toISOString()
  let head = 0
  let announced = 0
  let over = false

  const send = (events: readonly SessionEvent[]) => {
    for (const follower of followers) {
      if (follower.live) enqueue(follower, events)
      follower.wake()
    }
  }

  return {
    announce(seq) {
      announced = seq
    },
    unannounce() {
      announced = 0
      for (const follower of followers) follower.wake()
    },
    publish(events, part) {
      const [first] = events
      const last = events.at(-1)
      if (first === undefined || last === undefined) return
      // Between our last event and this one, another process wrote: the live ones have not seen that.
      if (first.seq !== head + 1) for (const follower of followers) fallBehind(follower)
      head = last.seq
      for (const event of events) parts.apply(event, event === last ? part : undefined)
      over ||= events.some(closesSession)
      send(events)
    },
    delta({ type, part, runId, text }) {
      send([parts.extend({ type, key: part, runId, text, time: time() })])
    },
    advance(seq) {
      if (seq === 0 && head > 0) over = true
      else if (seq <= head) return
      head = Math.max(head, seq)
      for (const follower of followers) fallBehind(follower)
    },
    clearParts: () => parts.clear(),
    dismiss() {
      for (const follower of followers) {
        follower.isDismissed = true
        fallBehind(follower)
      }
    },
    close() {
      over = true
      for (const follower of followers) fallBehind(follower)
    },

    async *follow({ after, signal }) {
      const follower: Follower = { live: false, isDismissed: false, queue: [], wake: () => {} }
      const wake = () => follower.wake()
      followers.add(follower)
      signal.addEventListener('abort', wake)
      let cursor = after
      try {
        while (!signal.aborted) {
          const batch = follower.live ? follower.queue.splice(0) : await replay(follower, cursor)
          if (batch.length === 0) {
            if ((over || follower.isDismissed) && !follower.live) return
            // Nothing may be awaited between these checks and the wait, or a wake-up in between would be lost.
            const idle = follower.live ? follower.queue.length === 0 : unpublished(cursor)
            if (idle && !signal.aborted) await woken(follower)
            continue
          }
          cursor = lastSeq(batch) ?? cursor
          yield batch
          if (batch.some(closesSession)) return
        }
      } finally {
        signal.removeEventListener('abort', wake)
        followers.delete(follower)
      }
    },
  }

  /**
   * The follower has read events that our own append wrote but has not published: going live now would show it parts
   * that these events closed, and then the events again.
   */
  function unpublished(cursor: number): boolean {
    return cursor > head && cursor <= announced
  }

  /** The next events of the log; at its end the follower goes live, and gets a snapshot of each open part. */
  async function replay(follower: Follower, cursor: number): Promise<readonly SessionEvent[]> {
    const events = await store.read({ session, after: cursor, limit: replayEventsMax })
    if (events.length > 0) return events
    if (over || follower.isDismissed || cursor < head || unpublished(cursor)) return []
    head = cursor
    follower.live = true
    return parts.snapshots(time())
  }
}

function closesSession({ type }: SessionEvent): boolean {
  return type === 'session.closed'
}

function enqueue(follower: Follower, events: readonly SessionEvent[]): void {
  if (follower.queue.length + events.length > queuedEventsMax) fallBehind(follower)
  else follower.queue.push(...events)
}

function fallBehind(follower: Follower): void {
  follower.live = false
  follower.queue = []
  follower.wake()
}

function woken(follower: Follower): Promise<void> {
  return new Promise((resolve) => {
    follower.wake = resolve
  })
}

function lastSeq(batch: readonly SessionEvent[]): number | undefined {
  return batch.findLast((event) => 'seq' in event)?.seq
}
