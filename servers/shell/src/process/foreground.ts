import { readdirSync, readlinkSync } from 'node:fs'
import { kinOf } from './family.js'
import { waitOf } from './input-wait.js'
import { signalGroup, signalProcess } from './signal.js'
import { listStats, type ProcessStat, readProc, readStat } from './stat.js'

/**
 * The processes a shell waits for: the terminal's foreground group. Without a terminal everything is in the shell's own
 * group; there what descends from `behind`, the processes left in the background, is told apart.
 */
export function foregroundOf(shell: number, behind: readonly number[]): number[] {
  const stats = listStats()
  const own = stats.find(({ pid }) => pid === shell)
  if (own === undefined || !isLeader(own)) return []
  const group = foregroundGroup(own)
  const isBehind = kinOf(stats, new Set(behind))
  return stats
    .filter((stat) => stat.pid !== shell && stat.group === group && stat.state !== 'Z' && !isBehind(stat))
    .map(({ pid }) => pid)
}

/**
 * Ctrl-C for what the shell waits for, and for the shell, so that it does not go on with the rest of the command when a
 * program catches the interrupt and exits. The shell itself is in the foreground while a builtin, a function or a command
 * substitution runs.
 */
export function interruptForeground(shell: number): void {
  const stat = readStat(shell)
  if (stat !== undefined && !isLeader(stat)) return void signalProcess(shell, 'SIGINT')
  const group = stat === undefined ? shell : foregroundGroup(stat)
  if (group !== stat?.group) signalProcess(shell, 'SIGINT')
  signalGroup(group, 'SIGINT')
}

/** Kills what the shell waits for, not the shell, and interrupts the shell so that it does not go on to the next command. */
export function killForeground(shell: number, behind: readonly number[]): void {
  for (const pid of foregroundOf(shell, behind)) signalProcess(pid, 'SIGKILL')
  signalProcess(shell, 'SIGINT')
}

export interface TerminalLook {
  /**
   * The answer for a process that sleeps, when what it waits for cannot be seen: it belongs to another user (`sudo`), or
   * the kernel does not tell.
   */
  inDoubt: boolean
  /** Whether an event loop counts that waits for the terminal among other things. */
  isListeningEnough: boolean
}

/** True when some foreground process is blocked on input from the terminal. */
export function isReadingTerminal(shell: number, look: TerminalLook): boolean {
  const stat = readStat(shell)
  if (stat === undefined || !isLeader(stat)) return false
  const group = foregroundGroup(stat)
  return listStats().some((each) => each.group === group && each.state === 'S' && readsTerminal(each.pid, look))
}

/** True when the shell itself waits for its next line on the FIFO `input`. */
export function isReading(shell: number, input: string): boolean {
  const wait = waitOf(shell, `${shell}`)
  if (wait?.kind !== 'read') return false
  const path = descriptor(shell, wait.descriptors[0])
  return path === input || path === `${input}${deletedSuffix}`
}

/** Until it has made a session of its own, a process is in the group of who started it: this server, and its client. */
function isLeader(shell: ProcessStat): boolean {
  return shell.session === shell.pid
}

/** proc(5): ends the name of an open file that has been removed. */
const deletedSuffix = ' (deleted)'

function foregroundGroup(stat: ProcessStat): number {
  return stat.foreground > 0 ? stat.foreground : stat.group
}

function readsTerminal(pid: number, look: TerminalLook): boolean {
  if (threadReads(pid, `${pid}`, look)) return true
  // Another thread may listen while the program works: as with an event loop, it takes more to be sure.
  if (!look.inDoubt && !look.isListeningEnough) return false
  const strict = { ...look, inDoubt: false }
  return otherThreads(pid).some((thread) => threadReads(pid, `${pid}/task/${thread}`, strict))
}

function threadReads(pid: number, path: string, { inDoubt, isListeningEnough }: TerminalLook): boolean {
  const wait = waitOf(pid, path)
  // One that has ended since it was listed is no doubt.
  if (wait === undefined) return inDoubt && readProc(`${path}/syscall`) === undefined && readStat(pid)?.state === 'S'
  const terminals = wait.descriptors.filter((fd) => isTerminal(descriptor(pid, fd)))
  if (terminals.length === 0) return false
  // Who waits for other things too is an event loop, and may have more to do.
  return isListeningEnough || (wait.kind !== 'epoll' && terminals.length === wait.descriptors.length)
}

function otherThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).filter((thread) => thread !== `${pid}`)
  } catch {
    return []
  }
}

function descriptor(pid: number, fd: number | undefined): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return undefined
  }
}

function isTerminal(path: string | undefined): boolean {
  return path === '/dev/tty' || path?.startsWith('/dev/pts/') === true
}
