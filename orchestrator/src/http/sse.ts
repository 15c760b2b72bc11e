import type { ServerResponse } from 'node:http'
import type { SessionEvent } from '../sessions/index.js'
import { frameOf } from './frames.js'
import { createPeer, type PeerLimits } from './peer.js'

/** A log that cannot be read says so within this; a stream that has nothing to send yet begins after it. */
const firstBatchMs = 25

export interface StreamOptions {
  outgoing: ServerResponse
  /** Called once, with a signal that fires when the peer is gone or the server closes. */
  open: (signal: AbortSignal) => Promise<AsyncIterable<readonly SessionEvent[]>>
  /** Ends the stream after this event. */
  until?: (event: SessionEvent) => boolean
}

export interface Streamer {
  /**
   * Rejects when `open` or the first read does, with nothing sent yet. Resolves when the stream has begun; it goes on
   * by itself, as fast as the peer takes it.
   */
  stream(options: StreamOptions): Promise<void>
  /** Ends every stream. */
  close(): void
}

/** Hears of every stream; for metrics. */
export interface StreamWatch {
  opened(): void
  closed(): void
  /** The peer took nothing for `stallMs` and was cut off; `closed` follows. */
  stalled(): void
}

export interface StreamerOptions {
  limits: PeerLimits
  onError: (error: unknown) => void
  watch?: StreamWatch
}

const nobody: StreamWatch = { opened() {}, closed() {}, stalled() {} }

export function createStreamer({ limits, onError, watch = nobody }: StreamerOptions): Streamer {
  const closing = new Set<() => void>()

  return {
    async stream({ outgoing, open, until = () => false }) {
      const peer = createPeer({ outgoing, limits, onStalled: watch.stalled })
      closing.add(peer.leave)
      const pump = async (batches: AsyncIterator<readonly SessionEvent[]>, first: Promise<Batch>) => {
        try {
          for (let next = await first; !next.done; next = await batches.next()) {
            const last = next.value.findIndex(until)
            await peer.write(framesOf(last < 0 ? next.value : next.value.slice(0, last + 1)))
            if (last >= 0 || peer.gone.aborted) return
          }
        } finally {
          await batches.return?.()
        }
      }
      const end = () => {
        closing.delete(peer.leave)
        peer.end()
        watch.closed()
      }
      try {
        const batches = (await open(peer.gone))[Symbol.asyncIterator]()
        const first = batches.next()
        await settledWithin(first, firstBatchMs)
        peer.begin()
        watch.opened()
        pump(batches, first).catch(onError).finally(end)
      } catch (error) {
        closing.delete(peer.leave)
        peer.dispose()
        throw error
      }
    },
    close() {
      for (const leave of closing) leave()
    },
  }
}

type Batch = IteratorResult<readonly SessionEvent[]>

function* framesOf(events: readonly SessionEvent[]): Generator<Buffer> {
  for (const event of events) yield frameOf(event)
}

/** Rejects when `work` does in this time, and leaves it to go on otherwise. */
async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
