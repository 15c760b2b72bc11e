import { type Dirent, statSync } from 'node:fs'
import { join } from 'node:path'
import { type IgnoreFile, ignoreFiles } from '../list/ignore-rules.js'
import { type Folder, folderOf } from './folder.js'
import { noStamp, type Stamp, statsOf } from './stamp.js'

/** What an index remembers of one directory. */
export interface Directory {
  readonly path: string
  readonly parent: Directory | undefined
  /** Its files. */
  folder: Folder
  directories: ReadonlyMap<string, Directory>
  /** As it was when it was read. */
  stamp: Stamp
  ignoreFiles: IgnoreFiles
  /** False while it is unread, and when it may have changed since it was read without a trace. */
  isSettled: boolean
  /** There was no room for all it holds. */
  isCut: boolean
}

export interface IgnoreFiles {
  readonly names: readonly IgnoreFile[]
  /** Differs when one of them has changed. */
  readonly text: string
  readonly changedMs: number
}

export const noIgnoreFiles: IgnoreFiles = { names: [], text: '', changedMs: 0 }

interface Place extends Pick<Directory, 'path' | 'parent'> {
  /** Of its folder. */
  prefix: string
}

export function unreadDirectory({ path, parent, prefix }: Place): Directory {
  return {
    path,
    parent,
    folder: folderOf(prefix, []),
    directories: new Map(),
    stamp: noStamp,
    ignoreFiles: noIgnoreFiles,
    isSettled: false,
    isCut: false,
  }
}

export function haveIgnoreFilesChanged({ path, ignoreFiles }: Directory): boolean {
  return readIgnoreFiles(path, ignoreFiles.names).text !== ignoreFiles.text
}

/** Those of a directory with these entries. */
export function ignoreFilesAmong(path: string, entries: readonly Dirent[]): IgnoreFiles {
  const found = new Set(entries.map(({ name }) => name))
  const names = ignoreFiles.filter((name) => found.has(name.split('/')[0] ?? ''))
  return names.length > 0 ? readIgnoreFiles(path, names) : noIgnoreFiles
}

function readIgnoreFiles(path: string, names: readonly IgnoreFile[]): IgnoreFiles {
  const stats = names.map((name) => statsOf(join(path, name), statSync))
  return {
    names,
    text: stats.map((found) => `${found?.ctimeMs} ${found?.ino}`).join(),
    changedMs: Math.max(...stats.map((found) => found?.ctimeMs ?? 0)),
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
