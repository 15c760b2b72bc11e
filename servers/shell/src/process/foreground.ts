import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { arch } from 'node:process'
import { kinOf } from './family.js'
import { signalGroup, signalProcess } from './signal.js'
import { listStats, type ProcessStat, readProc, readStat } from './stat.js'

/**
 * The processes a shell waits for: the terminal's foreground group. Without a terminal everything is in the shell's own
 * group; there what descends from `behind`, the processes left in the background, is told apart.
 */
export function foregroundOf(shell: number, behind: readonly number[]): number[] {
  const stats = listStats()
  const own = stats.find(({ pid }) => pid === shell)
  if (own === undefined) return []
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
  if (stat === undefined) return false
  const group = foregroundGroup(stat)
  return listStats().some((each) => each.group === group && each.state === 'S' && readsTerminal(each.pid, look))
}

/** True when the shell itself waits for its next line on the FIFO `input`. */
export function isReading(shell: number, input: string): boolean {
  const call = blockedCall(`${shell}`)
  if (call === undefined || call.number !== calls.read) return false
  const path = descriptor(shell, call.first)
  return path === input || path === `${input}${deletedSuffix}`
}

/** proc(5): ends the name of an open file that has been removed. */
const deletedSuffix = ' (deleted)'

function foregroundGroup(stat: ProcessStat): number {
  return stat.foreground > 0 ? stat.foreground : stat.group
}

/** Numbers of the system calls that wait for input, by processor. */
const calls =
  arch === 'arm64'
    ? { read: 63, select: -1, pselect: 72, poll: -1, ppoll: 73, epoll: -1, pepoll: 22, pepoll2: 441 }
    : { read: 0, select: 23, pselect: 270, poll: 7, ppoll: 271, epoll: 232, pepoll: 281, pepoll2: 441 }

function readsTerminal(pid: number, look: TerminalLook): boolean {
  if (threadReads(pid, `${pid}`, look)) return true
  // Another thread may listen while the program works: as with an event loop, it takes more to be sure.
  if (!look.inDoubt && !look.isListeningEnough) return false
  const strict = { ...look, inDoubt: false }
  return otherThreads(pid).some((thread) => threadReads(pid, `${pid}/task/${thread}`, strict))
}

function threadReads(pid: number, path: string, { inDoubt, isListeningEnough }: TerminalLook): boolean {
  const call = blockedCall(path)
  // One that has ended since it was listed is no doubt.
  if (call === undefined) return inDoubt && readProc(`${path}/syscall`) === undefined && readStat(pid)?.state === 'S'
  switch (call.number) {
    case calls.read:
      return isTerminal(descriptor(pid, call.first))
    case calls.select:
    case calls.pselect:
      // The first argument is the highest descriptor watched plus one.
      return isTerminal(descriptor(pid, call.first - 1))
    case calls.poll:
    case calls.ppoll:
      return call.second === 1 && isTerminal(descriptor(pid, polledDescriptor(pid, call.first) ?? 0))
    case calls.epoll:
    case calls.pepoll:
    case calls.pepoll2:
      return isListeningEnough && polledBy(pid, call.first).some((fd) => isTerminal(descriptor(pid, fd)))
    default:
      return false
  }
}

function otherThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).filter((thread) => thread !== `${pid}`)
  } catch {
    return []
  }
}

/** The descriptor in a `struct pollfd` at that address of the process (poll(2)); `undefined` where its memory is closed to us. */
function polledDescriptor(pid: number, address: number): number | undefined {
  const field = Buffer.alloc(4)
  try {
    const fd = openSync(`/proc/${pid}/mem`, 'r')
    try {
      return readSync(fd, field, 0, field.length, address) === field.length ? field.readInt32LE() : undefined
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}

/** What an epoll instance watches (proc(5), fdinfo). */
function polledBy(pid: number, epoll: number): number[] {
  const targets = readProc(`${pid}/fdinfo/${epoll}`)?.matchAll(/^tfd:\s*(\d+)/gm) ?? []
  return [...targets].map(([, fd]) => Number(fd))
}

/** `path`: of a process or a thread under `/proc`. */
function blockedCall(path: string): { number: number; first: number; second: number } | undefined {
  const fields = readProc(`${path}/syscall`)?.split(' ')
  if (fields === undefined || fields.length < 3) return undefined
  return { number: Number(fields[0]), first: Number(fields[1]), second: Number(fields[2]) }
}

function descriptor(pid: number, fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return undefined
  }
}

function isTerminal(path: string | undefined): boolean {
  return path === '/dev/tty' || path?.startsWith('/dev/pts/') === true
}
