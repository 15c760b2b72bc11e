import { join } from 'node:path'
import type { Random } from '../random.js'
import type { AgentServer, Contestant } from './agent-server.js'
import { connectBytes, idleSessionBytes, stalledBytes } from './memory.js'
import { play } from './play.js'
import { type Resumed, resumeOften } from './resume.js'
import type { Order } from './stamping-model.js'
import { quantile } from './stamps.js'
import { type Subscribed, subscribe } from './subscribers.js'

export interface Sizes {
  readonly starts: number
  /** Runs one after the other, for the time to the first event. */
  readonly runs: number
  readonly sessions: number
  readonly subscribers: number
  readonly connects: number
  readonly stalled: number
  readonly cuts: number
}

export interface Spread {
  readonly p50: number
  readonly p95: number
}

export interface Measured {
  readonly contestant: string
  /** From the start of the program, in an empty folder. */
  readonly start: { readonly readyMs: Spread; readonly firstSessionMs: Spread }
  readonly first: Spread
  readonly oneSession: { readonly each: Spread; readonly perSecond: number; readonly missing: number }
  readonly manySessions: { readonly each: Spread; readonly perSecond: number; readonly missing: number }
  readonly subscribed: Subscribed
  readonly idleSessionBytes: number
  readonly connectBytes: number
  readonly stalledBytes: number
  /** `undefined` where there is no way to go on after a cut. */
  readonly resumed: Resumed | undefined
}

/** As a fast model speaks. */
const spoken: Order = { deltas: 100, every: 50, chars: 40 }
const short: Order = { deltas: 20, every: 20, chars: 40 }
const flood: Order = { deltas: 5_000, every: 0, chars: 40 }
const floodOfEach: Order = { deltas: 200, every: 0, chars: 40 }
const resumedRuns = 30

export interface MeasureOptions {
  readonly contestant: Contestant
  readonly folder: string
  readonly modelUrl: string
  readonly sizes: Sizes
  readonly random: Random
  say(line: string): void
}

/** Each part on a freshly started server, so that none pays for the one before. */
export async function measure({ contestant, folder, modelUrl, sizes, random, say }: MeasureOptions): Promise<Measured> {
  const { label } = contestant
  const fresh = async <T>(part: string, work: (server: AgentServer) => Promise<T>): Promise<T> => {
    say(`${label}: ${part}`)
    const server = await contestant.start({
      folder: join(folder, `${label}-${part}`.replaceAll(/\W+/g, '-')),
      modelUrl,
    })
    try {
      return await work(server)
    } finally {
      await server.stop()
    }
  }
  const starts = []
  for (let count = 0; count < sizes.starts; count += 1) starts.push(await fresh(`start ${count + 1}`, startOf))
  return {
    contestant: label,
    start: {
      readyMs: spread(starts.map(({ readyMs }) => readyMs)),
      firstSessionMs: spread(starts.map(({ firstSessionMs }) => firstSessionMs)),
    },
    ...(await fresh('one session', async (server) => ({
      first: spread(await firstDelays(server, sizes.runs)),
      oneSession: await streamed(server, { count: 1, flooded: flood }),
    }))),
    manySessions: await fresh(`${sizes.sessions} sessions`, (server) =>
      streamed(server, { count: sizes.sessions, flooded: floodOfEach }),
    ),
    subscribed: await fresh(`${sizes.subscribers} subscribers`, (server) => subscribe(server, sizes.subscribers)),
    idleSessionBytes: await fresh('idle sessions', (server) => idleSessionBytes(server, sizes.sessions)),
    connectBytes: await fresh(`${sizes.connects} connects`, (server) => connectBytes(server, sizes.connects)),
    stalledBytes: await fresh(`${sizes.stalled} stalled readers`, (server) => stalledBytes(server, sizes.stalled)),
    resumed: await fresh(`${sizes.cuts} cuts`, (server) => resumed(server, { cuts: sizes.cuts, random })),
  }
}

async function startOf(server: AgentServer) {
  const began = performance.now()
  await server.newSession()
  return { readyMs: server.readyMs, firstSessionMs: server.readyMs + performance.now() - began }
}

/** The first two, in which the program is still loading and compiling, do not count. */
async function firstDelays(server: AgentServer, runs: number): Promise<number[]> {
  const delays: number[] = []
  for (let run = -2; run < runs; run += 1) {
    const { first } = await play(server, [await server.newSession()], short)
    if (run >= 0) delays.push(...first)
  }
  return delays
}

async function streamed(server: AgentServer, { count, flooded }: { count: number; flooded: Order }) {
  const sessions = async () => {
    const ids: string[] = []
    for (let made = 0; made < count; made += 1) ids.push(await server.newSession())
    return ids
  }
  await play(server, await sessions(), short)
  const calm = await play(server, await sessions(), spoken)
  const full = await play(server, await sessions(), flooded)
  const seen = count * flooded.deltas - full.missing
  return {
    each: spread(calm.each),
    perSecond: (seen / full.tookMs) * 1_000,
    missing: calm.missing + full.missing,
  }
}

async function resumed(server: AgentServer, { cuts, random }: { cuts: number; random: Random }) {
  if (!server.resumable) return undefined
  const session = await server.newSession()
  for (let run = 0; run < resumedRuns; run += 1) await play(server, [session], { ...short, every: 0 })
  return resumeOften({ ...server.resumable(session), cuts, random })
}

function spread(numbers: readonly number[]): Spread {
  return { p50: quantile(numbers, 0.5), p95: quantile(numbers, 0.95) }
}
