import type { Runner } from '../bash/runner.js'
import { isAlive } from '../process/stat.js'
import { type Command, type Ending, endCommand } from './command.js'

/** Background commands of one session that have not ended. */
export interface Background {
  /** Before it is started: one that ends at once may report that before it is known to have begun. */
  add(number: number, command: Command, runner: Runner): void
  /** It never started. */
  drop(number: number): void
  /** It reported its end. */
  end(number: number, ending: Pick<Ending, 'exitCode' | 'signal'>): void
  runnerOf(command: Command): Runner | undefined
  /** Commands that this shell started, and whose end it still reports. */
  isNeeded(runner: Runner): boolean
  commands(): Command[]
  close(): void
}

export interface BackgroundOptions {
  now(): number
  onEnded(command: Command): void
}

const lookMs = 500
const sightsBeforeLost = 2

export function createBackground({ now, onEnded }: BackgroundOptions): Background {
  const entries = new Map<number, { command: Command; runner: Runner; sights: number }>()

  const end: Background['end'] = (number, ending) => {
    const command = entries.get(number)?.command
    entries.delete(number)
    if (command === undefined) return
    endCommand(command, { status: ending.exitCode === null ? 'killed' : 'exited', ...ending }, now())
    onEnded(command)
  }
  const timer = setInterval(() => {
    // KILL of the group also ends the process that would have reported.
    for (const [number, entry] of entries) {
      const { group } = entry.command
      if (group === undefined || isAlive(group)) continue
      entry.sights += 1
      if (entry.sights > sightsBeforeLost) end(number, { exitCode: null, signal: 'SIGKILL' })
    }
  }, lookMs)
  timer.unref()

  return {
    add: (number, command, runner) => void entries.set(number, { command, runner, sights: 0 }),
    drop: (number) => void entries.delete(number),
    end,
    runnerOf: (command) => [...entries.values()].find((entry) => entry.command === command)?.runner,
    isNeeded: (runner) => [...entries.values()].some((entry) => entry.runner === runner),
    commands: () => [...entries.values()].map(({ command }) => command),
    close() {
      clearInterval(timer)
      entries.clear()
    },
  }
}
