import type { ServerResponse } from 'node:http'
import type { SessionEvent } from '../sessions/index.js'
import { createPeer, type PeerLimits } from './peer.js'

export interface StreamOptions {
  outgoing: ServerResponse
  /** Called once, with a signal that fires when the peer is gone or the server closes. */
  open: (signal: AbortSignal) => Promise<AsyncIterable<readonly SessionEvent[]>>
  /** Ends the stream after this event. */
  until?: (event: SessionEvent) => boolean
}

export interface Streamer {
  /**
   * Rejects when `open` does, with nothing sent yet. Resolves when the stream has begun; it goes on by itself, as
   * fast as the peer takes it.
   */
  stream(options: StreamOptions): Promise<void>
  /** Ends every stream. */
  close(): void
}

export interface StreamerOptions {
  limits: PeerLimits
  onError: (error: unknown) => void
}

export function createStreamer({ limits, onError }: StreamerOptions): Streamer {
  const frame = createFrames()
  const closing = new Set<() => void>()

  return {
    async stream({ outgoing, open, until = () => false }) {
      const peer = createPeer(outgoing, limits)
      closing.add(peer.leave)
      const pump = async (batches: AsyncIterable<readonly SessionEvent[]>) => {
        for await (const batch of batches) {
          const last = batch.findIndex(until)
          const events = last < 0 ? batch : batch.slice(0, last + 1)
          await peer.write(events.map(frame).join(''))
          if (last >= 0) return
        }
      }
      const end = () => {
        closing.delete(peer.leave)
        peer.end()
      }
      try {
        const batches = await open(peer.gone)
        peer.begin()
        pump(batches).catch(onError).finally(end)
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

/** Makes the text of an event as it goes over the wire once, however many peers get it. */
function createFrames(): (event: SessionEvent) => string {
  const made = new WeakMap<SessionEvent, string>()
  return (event) => {
    const known = made.get(event)
    if (known !== undefined) return known
    const id = 'seq' in event ? `id: ${event.seq}\n` : ''
    const text = `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    made.set(event, text)
    return text
  }
}
