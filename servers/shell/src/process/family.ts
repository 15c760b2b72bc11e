import { type Signal, signalProcess } from './signal.js'
import { listStats, type ProcessStat } from './stat.js'

/**
 * The living processes of a background command: its process group, and what descends from its first process, which has no
 * group of its own under a shell without job control.
 */
export function familyOf(leader: number): ProcessStat[] {
  const stats = listStats()
  const isKin = kinOf(stats, new Set([leader]))
  return stats.filter((stat) => stat.state !== 'Z' && (stat.group === leader || isKin(stat)))
}

export function signalFamily(leader: number, signal: Signal): void {
  for (const { pid } of familyOf(leader)) signalProcess(pid, signal)
}

/** Tells whether a process is one of the ancestors or descends from one. */
export function kinOf(stats: readonly ProcessStat[], ancestors: ReadonlySet<number>): (stat: ProcessStat) => boolean {
  const parents = new Map(stats.map(({ pid, parent }) => [pid, parent]))
  return ({ pid }) => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (ancestors.has(at)) return true
    }
    return false
  }
}
