import { setTimeout as sleep } from 'node:timers/promises'
import { rise, type Sample } from '../../soak/slope.js'
import { vitalsOf } from '../../soak/vitals.js'
import type { AgentServer } from './agent-server.js'
import { play } from './play.js'

/** A collector that runs by itself gets this long before memory is read. */
const settleMs = 1_500
const connectsAtOnce = 20
const samples = 50
const smallOrder = { deltas: 20, every: 0, chars: 40 }
/** About 4 MB of text. */
const largeOrder = { deltas: 200, every: 5, chars: 20_000 }

async function residentOf({ pid }: AgentServer): Promise<number> {
  await sleep(settleMs)
  return (await vitalsOf(pid)).residentBytes
}

/** Bytes for each session that has had a run and is idle. */
export async function idleSessionBytes(server: AgentServer, count: number): Promise<number> {
  await idleSessions(server, Math.ceil(count / 5))
  const before = await residentOf(server)
  await idleSessions(server, count)
  return ((await residentOf(server)) - before) / count
}

async function idleSessions(server: AgentServer, count: number): Promise<void> {
  for (let made = 0; made < count; made += connectsAtOnce) {
    const batch = Array.from({ length: Math.min(connectsAtOnce, count - made) }, () => server.newSession())
    await play(server, await Promise.all(batch), smallOrder)
  }
}

/** Bytes for each client that came and went: the rise of the line through the samples, after half as many as a warm-up. */
export async function connectBytes(server: AgentServer, connects: number): Promise<number> {
  const session = await server.newSession()
  const comeAndGo = async () => {
    const streams = await server.watch([session], () => {})
    for (const stream of streams) stream.destroy()
    await Promise.all(streams.map(({ closed }) => closed))
  }
  const many = async (count: number) => {
    for (let done = 0; done < count; done += connectsAtOnce) {
      await Promise.all(Array.from({ length: connectsAtOnce }, comeAndGo))
    }
  }
  // By then the heap's young part has grown to its full size, which takes thousands of requests.
  await many(connects / 2)
  const resident: Sample[] = []
  for (let sample = 0; sample < samples; sample += 1) {
    resident.push({ atMs: sample, value: (await vitalsOf(server.pid)).residentBytes })
    await many(connects / samples)
  }
  return rise(resident) / connects
}

/** Bytes by which the server is larger while so many readers take nothing of a session that streams 4 MB. */
export async function stalledBytes(server: AgentServer, readers: number): Promise<number> {
  const [quiet, loud] = [await server.newSession(), await server.newSession()]
  // The same work without these readers first: what it costs by itself is not their doing.
  await play(server, [quiet], largeOrder)
  const before = await residentOf(server)
  const streams = await Promise.all(Array.from({ length: readers }, () => server.stall(loud)))
  await play(server, [loud], largeOrder)
  const after = await residentOf(server)
  for (const stream of streams) stream.destroy()
  return after - before
}
