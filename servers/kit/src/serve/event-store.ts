import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server'

export const eventsKeptMax = 1_000

interface Kept {
  id: string
  streamId: string
  message: JSONRPCMessage
}

/** The last `eventsKeptMax` messages of one session, so that a client that lost its stream can go on where it was. */
export function createEventStore(): EventStore {
  const kept: Kept[] = []
  let count = 0
  return {
    async storeEvent(streamId, message) {
      count += 1
      const id = `${count}-${streamId}`
      kept.push({ id, streamId, message })
      if (kept.length > eventsKeptMax) kept.shift()
      return id
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
