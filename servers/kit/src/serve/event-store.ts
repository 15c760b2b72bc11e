import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server'

export const eventsKeptMax = 1_000
/** In characters of their JSON; the newest event is kept whatever its size. */
export const eventCharsKeptMax = 4 * 1024 * 1024

interface Kept {
  id: string
  streamId: string
  message: JSONRPCMessage
  chars: number
}

/** The last messages of one session, so that a client that lost its stream can go on where it was. */
export function createEventStore(): EventStore {
  const kept: Kept[] = []
  let count = 0
  let chars = 0

  const isOverLimit = (): boolean => kept.length > eventsKeptMax || (chars > eventCharsKeptMax && kept.length > 1)

  return {
    async storeEvent(streamId, message) {
      count += 1
      const event = { id: `${count}-${streamId}`, streamId, message, chars: JSON.stringify(message).length }
      kept.push(event)
      chars += event.chars
      while (isOverLimit()) chars -= kept.shift()?.chars ?? 0
      return event.id
    },
    getStreamIdForEventId: async (id) => kept.find((event) => event.id === id)?.streamId,
    async replayEventsAfter(lastEventId, { send }) {
      const last = kept.findIndex((event) => event.id === lastEventId)
      const streamId = kept[last]?.streamId
      if (streamId === undefined) throw new Error(`Event ${lastEventId} is not kept any more.`)
      for (const event of kept.slice(last + 1)) {
        if (event.streamId === streamId) await send(event.id, event.message)
      }
      return streamId
    },
  }
}
