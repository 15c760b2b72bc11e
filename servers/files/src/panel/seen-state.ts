import type { BigIntStats } from 'node:fs'

/** What the system tells of a file without reading it, and when the file was read. */
export interface SeenState {
  readonly stats: FileStats
  readonly atMs: number
}

export type FileStats = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>

/** A clock of the file system may stand still for some time: what changed so shortly before is looked at again. */
const settledMs = 2_000

/** Whether a file with these stats must still be what was read then. */
export function isUnchanged(seen: SeenState, now: FileStats): boolean {
  const { stats, atMs } = seen
  const isSame =
    stats.ino === now.ino &&
    stats.dev === now.dev &&
    stats.size === now.size &&
    stats.mtimeNs === now.mtimeNs &&
    stats.ctimeNs === now.ctimeNs
  return isSame && BigInt(Math.floor(atMs)) * 1_000_000n - now.ctimeNs >= BigInt(settledMs) * 1_000_000n
}
