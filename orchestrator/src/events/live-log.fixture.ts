import { type EventDraft, type LiveLog, type StoredEvent, storedEventSchema } from './index.js'

/** A log in memory, for whoever plays the part of the sessions. */
export interface TestLog extends LiveLog {
  append(...drafts: readonly EventDraft[]): void
}

export function createTestLog(
  initial: readonly EventDraft[] = [],
  frame: { sessionId?: string; time?: () => string } = {},
): TestLog {
  const { sessionId = 'session', time = () => new Date(0).toISOString() } = frame
  const events: StoredEvent[] = []
  const listeners = new Set<() => void>()
  const log: TestLog = {
    events,
    onAppend(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    append(...drafts) {
      for (const draft of drafts) {
        const at = { v: 1, sessionId, time: time(), ...draft, seq: events.length + 1 }
        events.push(storedEventSchema.parse(at))
      }
      for (const listener of listeners) listener()
    },
  }
  log.append(...initial)
  return log
}
