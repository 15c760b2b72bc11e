import type { LiveLog, StoredEvent } from '../events/index.js'
import type { Writer } from './writer.js'

export interface SessionLog extends LiveLog {
  letGo(): void
}

/** The log of a session in memory, which grows with what its writer appends until it is let go. */
export function createLiveLog(history: readonly StoredEvent[], writer: Writer): SessionLog {
  const events = [...history]
  const listeners = new Set<() => void>()
  const letGo = writer.onAppend((appended) => {
    for (const event of appended) events.push(event)
    for (const listener of listeners) listener()
  })
  return {
    events,
    onAppend(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    letGo,
  }
}
