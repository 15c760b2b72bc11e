import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../e2e/orchestrator/service.js'
import { type EventStream, openStream } from '../streams/event-stream.js'
import type { Tally } from './tally.js'

export interface FaithfulReaderOptions {
  readonly service: Service
  readonly session: string
  readonly tally: Tally
  /** How long a connection lives before it is cut. */
  readonly cutAfterMs: () => number
}

/** Reads a session to its end through one cut after the other, and sees each seq exactly once. Never rejects. */
export async function readFaithfully({ service, session, tally, cutAfterMs }: FaithfulReaderOptions): Promise<void> {
  const { url, token } = service
  let last = 0
  let isOver = false
  while (!isOver && !tally.isAbandoned) {
    let stream: EventStream | undefined
    try {
      stream = await openStream({
        url: `${url}/v1/sessions/${session}/events`,
        headers: { authorization: `Bearer ${token}`, 'last-event-id': String(last) },
        onFrame({ event, id }) {
          if (id === undefined) {
            tally.deltas += 1
            return
          }
          const seq = Number(id)
          if (seq <= last) tally.duplicates += 1
          else tally.lost += seq - last - 1
          last = seq
          tally.events += 1
          isOver ||= event === 'session.closed'
        },
      })
      await Promise.race([stream.closed, sleep(cutAfterMs())])
    } catch (error) {
      // The session was closed and removed between two connections: its last event can no longer be had.
      if (String(error).includes('status 404')) return
      tally.failures.push(String(error))
      await sleep(100)
    } finally {
      stream?.destroy()
      tally.reconnects += 1
    }
  }
}
