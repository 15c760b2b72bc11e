import { readdirSync, readFileSync } from 'node:fs'
import { errorCode } from '@auroracoder/kit/jail'

/** What `/proc/PID/stat` tells about one process. */
export interface ProcessStat {
  pid: number
  /** R running, S sleeping, T stopped, Z zombie … */
  state: string
  parent: number
  group: number
  session: number
  /** Foreground group of the controlling terminal; -1 without one. */
  foreground: number
  /** Clock ticks since the machine was started. */
  startedAt: number
}

/** `undefined` when there is no such process, or no `/proc` on this system. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`${pid}/stat`)
  if (text === undefined) return undefined
  // The command name in the second field may hold spaces and parentheses: the fields start after the last ")".
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (index: number) => Number(fields[index])
  return {
    pid,
    state: fields[0] ?? '?',
    parent: number(1),
    group: number(2),
    session: number(3),
    foreground: number(5),
    startedAt: number(19),
  }
}

/** Every process that can be seen; empty without `/proc`. */
export function listStats(): ProcessStat[] {
  return listPids().flatMap((pid) => readStat(pid) ?? [])
}

export function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** Also true for a zombie, and for a process of another user. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

export function isAlive(pid: number): boolean {
  const stat = readStat(pid)
  if (stat !== undefined) return stat.state !== 'Z'
  return process.platform !== 'linux' && exists(pid)
}

const commandLineCharsMax = 80

/** The words a process was started with, or its name in brackets when it hides them. */
export function commandLine(pid: number): string {
  const words = readProc(`${pid}/cmdline`)?.split('\0').join(' ').trim() ?? ''
  return words === '' ? `[${readProc(`${pid}/comm`)?.trim() ?? 'ended'}]` : words.slice(0, commandLineCharsMax)
}

/** A process may end, or be another user's, between listing and reading: both read as "not there". */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}
