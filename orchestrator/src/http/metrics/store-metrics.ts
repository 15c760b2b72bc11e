import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { EventStore } from '../../sessions/index.js'

const appendBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

export interface StoreMetricsOptions {
  register: Registry
  /** This process gave the session up. */
  onReleased: (sessionId: string) => void
}

/** Puts a watch before a store: how long appends take, and of which sessions this process is the writer. */
export function createStoreMetrics({ register, onReleased }: StoreMetricsOptions): (store: EventStore) => EventStore {
  const registers = [register]
  const open = new Set<string>()
  const appended = new Counter({ name: 'auroracoder_events_appended_total', help: 'Events in the log.', registers })
  const failed = new Counter({
    name: 'auroracoder_append_failures_total',
    help: 'Appends that the log refused.',
    registers,
  })
  const seconds = new Histogram({
    name: 'auroracoder_append_seconds',
    help: 'Appends, until they are durable.',
    buckets: appendBuckets,
    registers,
  })
  new Gauge({
    name: 'auroracoder_sessions_open',
    help: 'Sessions whose lease this process holds.',
    registers,
    collect() {
      this.set(open.size)
    },
  })

  return (store) => ({
    ...store,
    async append(batch) {
      const began = performance.now()
      try {
        await store.append(batch)
      } catch (error) {
        failed.inc()
        throw error
      }
      seconds.observe((performance.now() - began) / 1_000)
      appended.inc(batch.events.length)
    },
    async acquire(lease) {
      const epoch = await store.acquire(lease)
      if (epoch !== undefined) open.add(lease.session)
      return epoch
    },
    release(lease) {
      open.delete(lease.session)
      onReleased(lease.session)
      return store.release(lease)
    },
  })
}
