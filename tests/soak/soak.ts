import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../bench/random.js'
import { type Service, startService } from '../e2e/orchestrator/service.js'

import { keepBusy, newSession } from './busy-session.js'
import { comeAndGo, rudeWays, stall } from './rude-clients.js'
import { startScriptedModel } from './scripted-model.js'
import type { Sample } from './slope.js'
import { createTally, type Tally } from './tally.js'
import { metricsOf, type Vitals, vitalsOf } from './vitals.js'

export interface SoakOptions {
  /** Of the measured part, after the warm-up. */
  readonly durationMs: number
  readonly sessions: number
  readonly connects: number
  readonly stalled: number
  readonly seed: string
  say(line: string): void
}

export interface SoakReport {
  readonly tally: Tally
  readonly resident: readonly Sample[]
  /** 99th percentile of the event loop's delay in each second, milliseconds. */
  readonly loopDelays: readonly number[]
  readonly before: Vitals
  readonly after: Vitals
  /** As the service counts them, when every client has gone. */
  readonly streamsLeft: number
  readonly streamsStalled: number
  readonly sessionsOpen: number
  readonly exitCode: number | null
}

/** Compilation and the growth of the heap to its working size are over by then. */
const warmUpMs = 20_000
const sampleMs = 1_000
const settleMsMax = 45_000
const delayMs = 100
const randomSteps = 2 ** 30
/** Left to itself the heap swings by more than a short soak could tell from a leak; what outgrows this ends the service. */
const heapMiBMax = 96
/** More than the buffers of both sockets take, so that a reader who takes nothing is noticed. */
const fatInputChars = 8_000_000

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-soak-'))
  const model = await startScriptedModel({ folder, delayMs })
  try {
    const env = { AURORACODER_TOOL_SERVERS: 'none', NODE_OPTIONS: `--max-old-space-size=${heapMiBMax}` }
    const service = await startService({ dataDir: join(folder, 'data'), modelUrl: model.url, env })
    try {
      return await soak(service, options)
    } finally {
      await service.stop()
    }
  } finally {
    await model.stop()
    await rm(folder, { recursive: true })
  }
}

async function soak(service: Service, options: SoakOptions): Promise<SoakReport> {
  const { durationMs, sessions, connects, seed, say } = options
  const chance = createRandom(seed)
  const random = () => chance.integer(randomSteps) / randomSteps
  const tally = createTally()
  const fat = await fatSession(service)
  await settled(service, () => true)
  const before = await vitalsOf(service.pid)

  let isOver = false
  const streaming: string[] = []
  const work = Array.from({ length: sessions }, (_, place) =>
    keepBusy({
      service,
      tally,
      random,
      isOver: () => isOver,
      onSession(id) {
        streaming[place] = id
      },
    }),
  )
  say(`${sessions} sessions stream; warm-up of ${warmUpMs / 1_000} s`)
  const anyone = () => streaming[Math.floor(random() * streaming.length)] ?? fat
  const rude = visit({ service, anyone, random, tally, connects, overMs: warmUpMs + durationMs })
  await sleep(warmUpMs / 2)
  say(`${options.stalled} readers that take nothing, and ${connects} that come and go`)
  const stalled = Array.from({ length: options.stalled }, () => stall({ service, session: fat }))
  await sleep(warmUpMs / 2)

  const { resident, loopDelays } = await watch(service, durationMs)
  isOver = true
  say('The sessions end')
  await Promise.all([...work, rude])
  tally.isAbandoned = true
  const streamsStalled = await countStalled(service, options.stalled)
  for (const socket of stalled) socket.destroy()
  const after = await settled(service, (now, streams) => streams === 0 && now.descriptors <= before.descriptors)
  const numbers = await metricsOf(service)
  return {
    tally,
    resident,
    loopDelays,
    before,
    after,
    streamsLeft: numbers.get('auroracoder_streams') ?? Number.NaN,
    streamsStalled,
    sessionsOpen: numbers.get('auroracoder_sessions_open') ?? Number.NaN,
    exitCode: await service.stop(),
  }
}

/** Its first input is large and stays in the log; what becomes of the run does not matter. */
async function fatSession(service: Service): Promise<string> {
  const session = await newSession(service)
  const { status } = await service.api('POST', `/v1/sessions/${session}/runs`, { input: 'x'.repeat(fatInputChars) })
  if (status !== 202) throw new Error(`The large input was answered by ${status}.`)
  await service.api('POST', `/v1/sessions/${session}/cancel`, {})
  return session
}

interface Visits {
  readonly service: Service
  readonly anyone: () => string
  readonly random: () => number
  readonly tally: Tally
  readonly connects: number
  readonly overMs: number
}

/** Spread evenly over the time. */
async function visit({ service, anyone, random, tally, connects, overMs }: Visits): Promise<void> {
  const under: Promise<void>[] = []
  for (let count = 0; count < connects; count += 1) {
    const way = rudeWays[count % rudeWays.length] ?? 'destroyed'
    under.push(comeAndGo({ service, session: anyone() }, { way, livesMs: random() * 500 }))
    tally.connects += 1
    await sleep(overMs / connects)
  }
  await Promise.all(under)
}

async function watch(service: Service, durationMs: number) {
  const resident: Sample[] = []
  const loopDelays: number[] = []
  const began = performance.now()
  for (let atMs = 0; atMs < durationMs; atMs = performance.now() - began) {
    await sleep(sampleMs)
    resident.push({ atMs, value: (await vitalsOf(service.pid)).residentBytes })
    loopDelays.push(((await metricsOf(service)).get('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN) * 1_000)
  }
  return { resident, loopDelays }
}

/** They are cut off one by one, when the time for which each took nothing is over. */
async function countStalled(service: Service, expected: number): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += sampleMs) {
    const count = (await metricsOf(service)).get('auroracoder_streams_stalled_total') ?? 0
    if (count >= expected || waitedMs >= settleMsMax) return count
    await sleep(sampleMs)
  }
}

/** Closing a connection is no event on this side, so the service is asked until it is so, or for long enough. */
async function settled(service: Service, isSo: (now: Vitals, streams: number) => boolean): Promise<Vitals> {
  for (let waitedMs = 0; ; waitedMs += sampleMs) {
    // Kept connections of our own requests, which the service closes after five seconds, are no leak.
    await sleep(sampleMs)
    const now = await vitalsOf(service.pid)
    const streams = (await metricsOf(service)).get('auroracoder_streams') ?? Number.NaN
    if (isSo(now, streams) || waitedMs >= settleMsMax) return now
  }
}
