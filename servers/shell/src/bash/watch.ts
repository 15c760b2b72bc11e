import { setTimeout as sleep } from 'node:timers/promises'
import { isReading } from '../process/foreground.js'
import { isAlive } from '../process/stat.js'
import type { Launched } from './launch.js'

export interface WatchOptions {
  launched: Launched
  /** FIFO that bash reads its lines from. */
  input: string
  /** Asks bash for its report again. */
  remind(): void
}

const watchMs = 250
const sightsBeforeReminder = 2
const sightsBeforeEnd = 5

/**
 * Looks after a shell that owes a report, until the returned function is called. An interrupt can swallow the line that
 * asks for the report, and a command can break the shell for good (a function named `builtin`): then bash waits for its
 * next line although a report is due. It is reminded, and if that does not help it is ended, so that a fresh one takes over.
 */
export function watchOver({ launched, input, remind }: WatchOptions): () => void {
  let sights = 0
  const timer = setInterval(() => {
    if (!isAlive(launched.pid)) return launched.letGo()
    sights = isReading(launched.pid, input) ? sights + 1 : 0
    if (sights === sightsBeforeReminder) remind()
    if (sights === sightsBeforeEnd) launched.destroy()
  }, watchMs)
  timer.unref()
  return () => clearInterval(timer)
}

const deathLooksMs = [2, 10, 40]

/** The output of a command ended: when that is because the shell died, its terminal is let go, which makes the exit known. */
export async function noticeDeath(launched: Launched, isPending: () => boolean): Promise<void> {
  for (const ms of deathLooksMs) {
    await sleep(ms, undefined, { ref: false })
    if (!isPending()) return
    if (!isAlive(launched.pid)) return launched.letGo()
  }
}
