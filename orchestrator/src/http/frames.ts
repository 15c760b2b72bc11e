import type { SessionEvent } from '../sessions/index.js'

const made = new WeakMap<SessionEvent, Buffer>()

/**
 * The bytes of an event as they go over the wire, made once however many peers get it, and kept only as long as the
 * event itself is: as somebody still has to write it.
 */
export function frameOf(event: SessionEvent): Buffer {
  const known = made.get(event)
  if (known !== undefined) return known
  const id = 'seq' in event ? `id: ${event.seq}\n` : ''
  const bytes = Buffer.from(`${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  made.set(event, bytes)
  return bytes
}
