import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentServer } from './agent-server.js'
import { type Order, promptOf } from './stamping-model.js'
import { type Arrival, createStampReader, delayOf } from './stamps.js'

/** A run that takes longer is told as deltas that did not come. */
const playMsMax = 120_000

export interface Played {
  /** Of the first delta of each session, milliseconds from the model's write to the client's read. */
  readonly first: readonly number[]
  readonly each: readonly number[]
  /** From the first write of the model to the last read of the client. */
  readonly tookMs: number
  /** Deltas that the client has not seen. */
  readonly missing: number
}

/** Every session gets the prompt at the same time, and is watched until it has ended. */
export async function play(server: AgentServer, sessions: readonly string[], order: Order): Promise<Played> {
  const seen = new Map(
    sessions.map((session) => [session, { read: createStampReader(), arrivals: Array.of<Arrival>() }]),
  )
  const open = new Set(sessions)
  let finish = () => {}
  const ended = new Promise<void>((resolve) => {
    finish = resolve
  })
  let isStarted = false
  let timer: NodeJS.Timeout | undefined
  const streams = await server.watch(sessions, ({ session, data, isEnd }) => {
    const of = seen.get(session)
    if (!isStarted || !of) {
      // What a log tells of earlier runs has stamps, too.
      of?.read(data)
      return
    }
    of.arrivals.push(...of.read(data))
    if (isEnd && of.arrivals.length > 0) open.delete(session)
    if (open.size === 0) finish()
  })
  try {
    await sleep(settleMs)
    isStarted = true
    await Promise.all(sessions.map((session) => server.prompt(session, promptOf(order))))
    timer = setTimeout(finish, playMsMax)
    await ended
  } finally {
    clearTimeout(timer)
    for (const stream of streams) stream.destroy()
  }
  const all = [...seen.values()].map(({ arrivals }) => arrivals)
  const flat = all.flat()
  return {
    first: all.flatMap(([first]) => (first ? [delayOf(first)] : [])),
    each: flat.map(delayOf),
    tookMs: Math.max(...flat.map(({ atMs }) => atMs)) - Math.min(...flat.map(({ stampMs }) => stampMs)),
    missing: sessions.length * order.deltas - flat.length,
  }
}

/** Streams begin with what was before; it is read by then. */
const settleMs = 300
