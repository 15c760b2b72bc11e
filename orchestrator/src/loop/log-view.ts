import type { LiveLog, StoredEvent } from '../events/index.js'

/** Those events of a growing log that belong to one conversation. */
export interface LogView {
  /** In the order of the log, all that is there now. */
  readonly events: readonly StoredEvent[]
  /** The seq of the newest event of the whole log. */
  readonly head: number
  /** Calls back after each append to the log, until the returned function is called. */
  onAppend(listener: () => void): () => void
  /** Another selection of the same log. */
  select(belongs: (event: StoredEvent) => boolean): LogView
}

export function createLogView(log: LiveLog, belongs: (event: StoredEvent) => boolean): LogView {
  const kept: StoredEvent[] = []
  let seen = 0

  return {
    get events() {
      for (const event of log.events.slice(seen)) if (belongs(event)) kept.push(event)
      seen = log.events.length
      return kept
    },
    get head() {
      return log.events.at(-1)?.seq ?? 0
    },
    onAppend: (listener) => log.onAppend(listener),
    select: (other) => createLogView(log, other),
  }
}

/** Resolves with the first event that `find` finds, now or when it is appended; rejects when aborted. */
export function awaitEvent<Found>(options: {
  view: LogView
  find: (events: readonly StoredEvent[]) => Found | undefined
  signal: AbortSignal
}): Promise<Found> {
  const { view, find, signal } = options
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stopListening()
      signal.removeEventListener('abort', abort)
    }
    const look = (): void => {
      const found = find(view.events)
      if (found === undefined) return
      settle()
      resolve(found)
    }
    const abort = (): void => {
      settle()
      reject(signal.reason)
    }
    const stopListening = view.onAppend(look)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    else look()
  })
}
