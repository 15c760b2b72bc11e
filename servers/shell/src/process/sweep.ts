import { setTimeout as sleep } from 'node:timers/promises'
import { type Signal, signalProcess } from './signal.js'
import { isAlive, listStats, type ProcessStat, readProc } from './stat.js'

/** How processes that belong to a session are recognised, wherever they went. */
export interface Belonging {
  /** How a `NAME=value` begins that every process inherits in its environment. */
  mark: string
  /** Process ids of living shells: the session ids of everything that did not call `setsid`. */
  shells: ReadonlySet<number>
}

const hangUpGraceMs = 120
const killWaitMs = 60
const lookMs = 10
const killRoundsMax = 5

/**
 * Ends every process that belongs to one of the sessions: HUP, a moment, then KILL until none is left. Also finds those that
 * left their process group, their session or their terminal, as long as they kept their environment. Answers how many it found.
 */
export async function sweep(belongings: readonly Belonging[]): Promise<number> {
  const found = find(belongings)
  signalAll(found, 'SIGHUP')
  await untilDead(found, hangUpGraceMs)
  // Looking through every environment is slow on a busy machine: it is done once a round.
  for (let round = 0; round < killRoundsMax && found.length > 0; round++) {
    const left = find(belongings)
    if (left.length === 0) break
    signalAll(left, 'SIGKILL')
    await untilDead(left, killWaitMs)
  }
  return found.length
}

async function untilDead(stats: readonly ProcessStat[], ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end && stats.some(({ pid }) => isAlive(pid))) await sleep(lookMs)
}

/** Processes of the sessions that are alive. */
export function find(belongings: readonly Belonging[]): ProcessStat[] {
  return listStats().filter((stat) => {
    if (stat.state === 'Z' || stat.pid === process.pid) return false
    if (belongings.some(({ shells }) => shells.has(stat.session))) return true
    const environment = readProc(`${stat.pid}/environ`)
    if (environment === undefined || environment === '') return false
    return belongings.some(({ mark }) => `\0${environment}`.includes(`\0${mark}`))
  })
}

function signalAll(stats: readonly ProcessStat[], signal: Signal): void {
  for (const { pid } of stats) signalProcess(pid, signal)
}
