import { lstatSync, type Stats } from 'node:fs'

/** What shows whether a directory has changed. */
export interface Stamp {
  /** The change time: unlike the modification time nobody can set it back. */
  readonly changedMs: number
  readonly inode: number
}

export const noStamp: Stamp = { changedMs: 0, inode: 0 }

/** All zero for what is no directory, or not to be seen. */
export function stampOf(path: string): Stamp {
  const stats = statsOf(path, lstatSync)
  return stats?.isDirectory() ? { changedMs: stats.ctimeMs, inode: stats.ino } : noStamp
}

export function statsOf(path: string, look: (path: string, options: typeof quietly) => Stats | undefined) {
  try {
    return look(path, quietly)
  } catch {
    // What cannot be looked at is as good as not there.
    return undefined
  }
}

const quietly = { throwIfNoEntry: false } as const
