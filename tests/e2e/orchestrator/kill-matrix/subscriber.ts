import { type StoredEvent, storedEventSchema } from '@auroracoder/orchestrator/events'
import type { Service } from '../service.js'

/** One client that follows a session for ever, and comes back with Last-Event-ID after each end of the service. */
export interface Subscriber {
  /** In the order in which they came. */
  readonly events: readonly StoredEvent[]
  /** What came twice, was left out, or was no event. */
  readonly problems: readonly string[]
  connect(service: Service): void
  /** Settles with what `find` finds in the events, now or later; rejects with the signal's reason. */
  until<Found>(find: (events: readonly StoredEvent[]) => Found | undefined, signal: AbortSignal): Promise<Found>
  close(): void
}

export function subscribe(session: string): Subscriber {
  const events: StoredEvent[] = []
  const problems: string[] = []
  const lookers = new Set<() => void>()
  let connection = new AbortController()

  const take = (frame: string): void => {
    const id = /^id: ?(.*)$/m.exec(frame)?.[1]
    const data = /^data: ?(.*)$/m.exec(frame)?.[1]
    // What has no id is not replayed.
    if (id === undefined || data === undefined) return
    const event = storedEventSchema.safeParse(JSON.parse(data))
    if (!event.success) return void problems.push(`no event: ${data}`)
    const expected = events.length + 1
    if (event.data.seq !== expected || id !== String(expected)) {
      problems.push(`expected seq ${expected}, found ${event.data.seq} with the id ${id}`)
    }
    events.push(event.data)
    for (const look of [...lookers]) look()
  }

  const read = async ({ url, token }: Service, signal: AbortSignal): Promise<void> => {
    const response = await fetch(`${url}/v1/sessions/${session}/events`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': String(events.at(-1)?.seq ?? 0) },
      signal,
    })
    if (!response.ok) return void problems.push(`the stream was refused: ${response.status} ${await response.text()}`)
    let rest = ''
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) {
      const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) take(frame)
    }
  }

  return {
    events,
    problems,
    connect(service) {
      connection.abort()
      connection = new AbortController()
      // The service may end at any moment: then somebody connects again.
      read(service, connection.signal).catch(() => {})
    },
    until(find, signal) {
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          lookers.delete(look)
          signal.removeEventListener('abort', abort)
        }
        const look = (): void => {
          const found = find(events)
          if (found === undefined) return
          settle()
          resolve(found)
        }
        const abort = (): void => {
          settle()
          reject(signal.reason)
        }
        lookers.add(look)
        signal.addEventListener('abort', abort)
        if (signal.aborted) abort()
        else look()
      })
    },
    close: () => connection.abort(),
  }
}
