import type { Logger } from 'pino'
import type { EventStore } from './event-store.js'
import { createHub, type Hub } from './hub.js'
import { shareReads } from './share-reads.js'

/** A session that this process does not write may be written by another: its followers look this often. */
const pollMs = 1_000

/** The hubs of the sessions that somebody here follows or runs; idle sessions have none. */
export interface Hubs {
  /** Must be followed by one `release`. */
  hold(session: string): Hub
  release(session: string): void
  /** Ends every follower once it has read the log to its end. */
  close(): void
}

export interface HubsOptions {
  store: EventStore
  now: () => number
  /** Whether this process writes the session, so that its hub hears of every event by itself. */
  isLocal: (session: string) => boolean
  log: Logger
}

export function createHubs({ store, now, isLocal, log }: HubsOptions): Hubs {
  const hubs = new Map<string, { hub: Hub; holders: number }>()
  let timer: NodeJS.Timeout | undefined
  let polling = false

  const poll = async () => {
    const foreign = [...hubs.keys()].filter((session) => !isLocal(session))
    if (foreign.length === 0) return
    const tails = await store.tails(foreign)
    for (const [session, seq] of tails) if (!isLocal(session)) hubs.get(session)?.hub.advance(seq)
  }
  const pollAlone = () => {
    if (polling) return
    polling = true
    poll()
      .catch((error: unknown) => log.warn({ err: error }, 'looking for events of other processes failed'))
      .finally(() => {
        polling = false
      })
  }
  const stopPolling = () => {
    clearInterval(timer)
    timer = undefined
  }

  return {
    hold(session) {
      const held = hubs.get(session) ?? { hub: createHub({ store: shareReads(store), session, now }), holders: 0 }
      held.holders += 1
      hubs.set(session, held)
      timer ??= setInterval(pollAlone, pollMs).unref()
      return held.hub
    },
    release(session) {
      const held = hubs.get(session)
      if (held === undefined) return
      held.holders -= 1
      if (held.holders > 0) return
      hubs.delete(session)
      if (hubs.size === 0) stopPolling()
    },
    close() {
      stopPolling()
      for (const { hub } of hubs.values()) hub.close()
    },
  }
}
