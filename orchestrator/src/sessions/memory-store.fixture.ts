import type { StoredEvent } from '../events/index.js'
import { type EventStore, Fenced, type SessionRow } from './event-store.js'
import { isUnsettled, type SessionSummary } from './summary.js'

/** An event store that is as quick as memory, for tests that play very many sessions. */
export function createMemoryStore(now: () => number): EventStore {
  const logs = new Map<string, StoredEvent[]>()
  const summaries = new Map<string, SessionSummary>()
  const leases = new Map<string, { owner: string; epoch: number; until: number }>()

  const row = (summary: SessionSummary): SessionRow => {
    const lease = leases.get(summary.id)
    return lease && lease.until > now() ? { summary, leasedBy: lease.owner } : { summary }
  }
  const rows = () => [...summaries.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).map(row)

  return {
    async append({ session, expectedSeq, epoch, events, summary }) {
      const log = logs.get(session) ?? []
      if (leases.get(session)?.epoch !== epoch || log.length !== expectedSeq) throw new Fenced(session)
      logs.set(session, [...log, ...events])
      if (summary) summaries.set(session, summary)
    },
    async read({ session, after, limit }) {
      return (logs.get(session) ?? []).slice(after, after + limit)
    },
    tail: async (session) => logs.get(session)?.length ?? 0,
    tails: async (sessions) => new Map(sessions.map((session) => [session, logs.get(session)?.length ?? 0])),
    async find(session) {
      const summary = summaries.get(session)
      return summary && row(summary)
    },
    list: async ({ limit }) =>
      rows()
        .filter(({ summary }) => !summary.closed)
        .slice(0, limit),
    unsettled: async () => rows().filter(({ summary }) => summary.closed || isUnsettled(summary)),
    async remove(session) {
      for (const map of [logs, summaries, leases]) map.delete(session)
    },
    async acquire({ session, owner, ttlMs }) {
      const lease = leases.get(session)
      if (lease && lease.until > now() && lease.owner !== owner) return undefined
      const epoch = (lease?.epoch ?? 0) + 1
      leases.set(session, { owner, epoch, until: now() + ttlMs })
      return epoch
    },
    async renew({ owner, sessions, ttlMs }) {
      const mine = sessions.filter((session) => leases.get(session)?.owner === owner)
      for (const session of mine) {
        const lease = leases.get(session)
        if (lease && lease.until > 0) lease.until = now() + ttlMs
      }
      return mine
    },
    async release({ session, epoch }) {
      const lease = leases.get(session)
      if (lease?.epoch === epoch) lease.until = 0
    },
    async check() {},
    async close() {},
  }
}
