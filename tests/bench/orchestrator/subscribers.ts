import { vitalsOf } from '../../soak/vitals.js'
import type { AgentServer } from './agent-server.js'
import { play } from './play.js'
import { createStampReader, nowMs } from './stamps.js'

const order = { deltas: 50, every: 100, chars: 40 }
const opensAtOnce = 50
const waitMsMax = 60_000
const pollMs = 20

export interface Subscribed {
  readonly subscribers: number
  /** Those that saw every delta. */
  readonly complete: number
  /** From the last write of the model until the last subscriber had read it. */
  readonly lastMs: number
  readonly bytesEach: number
}

export async function subscribe(server: AgentServer, subscribers: number): Promise<Subscribed> {
  const session = await server.newSession()
  const before = (await vitalsOf(server.pid)).residentBytes
  const counts = new Array<number>(subscribers).fill(0)
  let last = { stampMs: 0, atMs: 0 }
  const subscriber = (index: number) => {
    const read = createStampReader()
    return server.watch([session], ({ data }) => {
      for (const arrival of read(data)) {
        counts[index] = (counts[index] ?? 0) + 1
        if (arrival.stampMs >= last.stampMs) last = arrival
      }
    })
  }
  const streams = []
  for (let opened = 0; opened < subscribers; opened += opensAtOnce) {
    const length = Math.min(opensAtOnce, subscribers - opened)
    streams.push(...(await Promise.all(Array.from({ length }, (_, index) => subscriber(opened + index)))).flat())
  }
  await play(server, [session], order)
  const complete = () => counts.filter((count) => count === order.deltas).length
  for (const end = nowMs() + waitMsMax; complete() < subscribers && nowMs() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  const after = (await vitalsOf(server.pid)).residentBytes
  for (const stream of streams) stream.destroy()
  return {
    subscribers,
    complete: complete(),
    lastMs: last.atMs - last.stampMs,
    bytesEach: (after - before) / subscribers,
  }
}
