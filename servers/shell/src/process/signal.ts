import { constants } from 'node:os'
import { readStat } from './stat.js'

export type Signal = 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGKILL'

/** False when nothing was there to receive it. */
export function signalGroup(group: number, signal: Signal): boolean {
  // kill(-1) reaches every process of the user, kill(0) and its number our own group: neither is ever meant here.
  if (!Number.isSafeInteger(group) || group <= 1 || group === readStat(process.pid)?.group) return false
  return send(-group, signal)
}

export function signalProcess(pid: number, signal: Signal): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1 || pid === process.pid) return false
  return send(pid, signal)
}

function send(target: number, signal: Signal): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch {
    return false
  }
}

const signalNumberMax = 31

/** The signal that an exit code stands for: by the shell's convention 128 and its number. */
export function signalOf(exitCode: number): string | null {
  const number = exitCode - 128
  return number >= 1 && number <= signalNumberMax ? (nameOf(number) ?? null) : null
}

export function nameOf(signal: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0]
}
