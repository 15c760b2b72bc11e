import { type Dirent, lstatSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { type IgnoreFile, ignoreFiles } from '../list/ignore-rules.js'
import type { Candidate } from './fuzzy.js'

/** What an index remembers of one directory. */
export interface Directory {
  readonly path: string
  /** How the paths of its files begin: "" or "src/tools/". */
  readonly prefix: string
  readonly parent: Directory | undefined
  files: readonly Candidate[]
  directories: ReadonlyMap<string, Directory>
  /** As it was when it was read. */
  stamp: Stamp
  ignoreFiles: IgnoreFiles
  /** `unread` also when it may have changed since without a trace; `cut`: there was no room for all it holds. */
  state: 'unread' | 'read' | 'cut'
}

export interface Stamp {
  /** The change time: unlike the modification time nobody can set it back. */
  readonly changedMs: number
  readonly inode: number
}

export interface IgnoreFiles {
  readonly names: readonly IgnoreFile[]
  /** Differs when one of them has changed. */
  readonly text: string
  readonly changedMs: number
}

const noStamp: Stamp = { changedMs: 0, inode: 0 }
export const noIgnoreFiles: IgnoreFiles = { names: [], text: '', changedMs: 0 }

export function unreadDirectory(place: Pick<Directory, 'path' | 'prefix' | 'parent'>): Directory {
  return { ...place, files: [], directories: new Map(), stamp: noStamp, ignoreFiles: noIgnoreFiles, state: 'unread' }
}

export function haveIgnoreFilesChanged({ path, ignoreFiles }: Directory): boolean {
  return readIgnoreFiles(path, ignoreFiles.names).text !== ignoreFiles.text
}

/** All zero for what is no directory, or not to be seen. */
export function stampOf(path: string): Stamp {
  const stats = statsOf(() => lstatSync(path, { throwIfNoEntry: false }))
  return stats?.isDirectory() ? { changedMs: stats.ctimeMs, inode: stats.ino } : noStamp
}

/** Those of a directory with these entries. */
export function ignoreFilesAmong(path: string, entries: readonly Dirent[]): IgnoreFiles {
  const found = new Set(entries.map(({ name }) => name))
  const names = ignoreFiles.filter((name) => found.has(name.split('/')[0] ?? ''))
  return names.length > 0 ? readIgnoreFiles(path, names) : noIgnoreFiles
}

function readIgnoreFiles(path: string, names: readonly IgnoreFile[]): IgnoreFiles {
  const stats = names.map((name) => statsOf(() => statSync(join(path, name), { throwIfNoEntry: false })))
  return {
    names,
    text: stats.map((found) => `${found?.ctimeMs} ${found?.ino}`).join(),
    changedMs: Math.max(...stats.map((found) => found?.ctimeMs ?? 0)),
  }
}

function statsOf(look: () => Stats | undefined): Stats | undefined {
  try {
    return look()
  } catch {
    // What cannot be looked at is as good as not there.
    return undefined
  }
}

/**
 * A change within the same tick of the clock as the reading leaves no trace. File systems count in steps of up to two
 * seconds.
 */
const settlingMs = 2_000

export function isSettled({ stamp, ignoreFiles }: Pick<Directory, 'stamp' | 'ignoreFiles'>, readAtMs: number): boolean {
  return readAtMs - stamp.changedMs > settlingMs && readAtMs - ignoreFiles.changedMs > settlingMs
}
