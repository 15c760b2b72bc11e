import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { StoredEvent } from '../../events/index.js'
import type { EventStore } from '../../sessions/index.js'
import type { StreamWatch } from '../sse.js'
import { createEventMetrics } from './event-metrics.js'
import { createStoreMetrics } from './store-metrics.js'

/** The numbers of this process: each part of the product is watched from outside and knows nothing of it. */
export interface Metrics {
  /** For `SessionsOptions.observe`. */
  observe(event: StoredEvent): void
  /** The same store, watched; give this one to the sessions. */
  watchStore(store: EventStore): EventStore
  readonly streams: StreamWatch
  readonly contentType: string
  /** In Prometheus' text format. */
  text(): Promise<string>
}

export interface MetricsOptions {
  /** The provider's id of a model's. */
  providerOf?: (model: string) => string
}

export function createMetrics({ providerOf = () => 'unknown' }: MetricsOptions = {}): Metrics {
  const register = new Registry()
  // Memory, processor time, descriptors, and the delay of the event loop since the last scrape.
  collectDefaultMetrics({ register })
  const events = createEventMetrics({ register, providerOf })

  return {
    observe: events.observe,
    watchStore: createStoreMetrics({ register, onReleased: events.released }),
    streams: createStreamMetrics(register),
    contentType: register.contentType,
    text: () => register.metrics(),
  }
}

function createStreamMetrics(register: Registry): StreamWatch {
  const registers = [register]
  const subscribers = new Gauge({ name: 'auroracoder_streams', help: 'Event streams open now.', registers })
  const opened = new Counter({ name: 'auroracoder_streams_opened_total', help: 'Event streams begun.', registers })
  const stalled = new Counter({
    name: 'auroracoder_streams_stalled_total',
    help: 'Event streams cut off because their reader took nothing.',
    registers,
  })
  return {
    opened() {
      opened.inc()
      subscribers.inc()
    },
    closed: () => subscribers.dec(),
    stalled: () => stalled.inc(),
  }
}
