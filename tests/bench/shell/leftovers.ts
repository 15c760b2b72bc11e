import { setTimeout as sleep } from 'node:timers/promises'
import type { StartedServer } from '../mcp/tool-server.js'
import type { ShellContestant } from './contestants.js'
import { isAlive, sleepersFor, until } from './processes.js'

export interface Leftovers {
  readonly contestant: string
  readonly ending: Ending
  /** What was started, as a title. */
  readonly started: readonly string[]
  /** Of these, what still ran some time after the server. */
  readonly left: readonly string[]
  /** From the ending until the server's own process was gone; `undefined` when it stayed. */
  readonly endedMs: number | undefined
}

const endings = {
  // The SDK's client sends SIGTERM to a server that is still there after 2 s, and 2 s later SIGKILL.
  'end of stdin': (server: StartedServer): Promise<void> => server.close(),
  SIGTERM: async ({ pid }: StartedServer): Promise<void> => void process.kill(pid, 'SIGTERM'),
}
export type Ending = keyof typeof endings
export const endingNames = ['end of stdin', 'SIGTERM'] as const satisfies readonly Ending[]

/** Ways in which people leave something running. The last one keeps its session busy. */
const survivors: Readonly<Record<string, (sleep: string) => string>> = {
  '&': (sleep) => `${sleep} &`,
  setsid: (sleep) => `setsid ${sleep} &`,
  nohup: (sleep) => `nohup ${sleep} >/dev/null 2>&1 &`,
  disown: (sleep) => `${sleep} >/dev/null 2>&1 & disown`,
  'in the foreground': (sleep) => sleep,
}

/** Of a survivor, on a machine that has other work. */
const startMsDefault = 20_000
const endMsMax = 10_000
const settleMs = 2_000

interface Options {
  readonly ending: Ending
  readonly startMsMax?: number
}

/** Ends the contestant's server and looks what is left. Leaves nothing behind itself. */
export async function countLeftovers(
  contestant: ShellContestant,
  { ending, startMsMax = startMsDefault }: Options,
): Promise<Leftovers> {
  const { label, server } = contestant
  const durations = new Map(Object.keys(survivors).map((title) => [title, uniqueDuration()]))
  try {
    for (const [title, duration] of durations) await startSurvivor(contestant, { title, duration, startMsMax })
    const [endedMs] = await Promise.all([msUntilGone(server.pid), endings[ending](server)])
    await sleep(settleMs)
    const left: string[] = []
    for (const [title, duration] of durations) if ((await sleepersFor(duration)).length > 0) left.push(title)
    return { contestant: label, ending, started: [...durations.keys()], left, endedMs }
  } finally {
    for (const duration of durations.values()) await kill(duration)
  }
}

interface Survivor {
  readonly title: string
  readonly duration: string
  readonly startMsMax: number
}

/** Not every server answers while something has its output open: the process itself says that it was started. */
async function startSurvivor(contestant: ShellContestant, { title, duration, startMsMax }: Survivor): Promise<void> {
  const command = survivors[title]?.(`sleep ${duration}`) ?? ''
  const answer = contestant.server.call(contestant.run(command, { waitMs: 250 }))
  const runs = await until(async () => (await sleepersFor(duration)).length > 0, startMsMax)
  if (runs) return
  const said = await Promise.race([answer.then(({ text }) => text), sleep(0, 'nothing')])
  throw new Error(`${contestant.label} has not started "${command}" but answered: ${said.slice(0, 500)}`)
}

async function msUntilGone(pid: number): Promise<number | undefined> {
  const start = performance.now()
  return (await until(() => !isAlive(pid), endMsMax)) ? performance.now() - start : undefined
}

async function kill(duration: string): Promise<void> {
  for (const pid of await sleepersFor(duration)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
}

/** It has ended in the meantime. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH'
}

let durations = 0

/** Longer than any run of this, with a fraction that no other process asks for. */
function uniqueDuration(): string {
  durations += 1
  return `642.${process.pid}${`${durations}`.padStart(4, '0')}`
}
