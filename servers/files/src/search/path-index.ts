import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, sep } from 'node:path'
import { type IgnoreRules, noIgnoreRules } from '../list/ignore-rules.js'
import { type Directory, ignoreFilesAmong, isSettled, unreadDirectory } from './directory.js'
import { folderOf } from './folder.js'
import type { Looks } from './looks.js'
import type { Paths } from './paths.js'
import { snapshotOf } from './snapshot.js'
import { stampOf } from './stamp.js'

/** The paths of all files below a root that no ignore file names. */
export interface PathIndex {
  /**
   * Finds something in what is there now, with what others have made or deleted up to this call. `find` is called while
   * a second thread looks for changes, and again only if there are any.
   */
  search<T>(find: (paths: Paths) => T, signal: AbortSignal): Promise<Searched<T>>
}

export interface Searched<T> {
  readonly found: T
  /** False when there is more than an index holds. */
  readonly complete: boolean
}

interface Options {
  looks: Looks
  max?: number
  nowMs?: () => number
}

/** Files and directories that are remembered, in about 100 MB. What lies deepest is left out. */
export const indexedMax = 300_000
const readsAtOnce = 64

/**
 * Remembers every directory with the time of its last change, which moves when anything in it is made, deleted or
 * renamed. A look at each finds the few that have to be read again. That is cheaper than to list all files, which
 * ripgrep takes several times as long for, and also right where the system does not tell of changes: on network file
 * systems, and beyond the number of watches.
 */
export function createPathIndex(root: string, { looks, max = indexedMax, nowMs = Date.now }: Options): PathIndex {
  const top = unreadDirectory({ path: root, prefix: '', parent: undefined })
  let known = snapshotOf(top, looks)
  let turn: Promise<unknown> = Promise.resolve()

  const search = async <T>(find: (paths: Paths) => T, signal: AbortSignal): Promise<Searched<T>> => {
    const { paths, complete, size } = known
    const changes = known.look()
    const found = find(paths)
    const room = { left: max - size }
    const changed = changes(room.left > 0)
    if (changed.length === 0) return { found, complete }
    try {
      await readAll(changed, { rules: createRules(), room, nowMs }, signal)
    } finally {
      known = snapshotOf(top, looks)
    }
    return { found: find(known.paths), complete: known.complete }
  }

  return {
    search(find, signal) {
      const result = turn.then(() => search(find, signal))
      // Whoever comes next wants to know what is there then, whatever became of this look.
      turn = result.catch(() => undefined)
      return result
    },
  }
}

/** How many more files and directories may be remembered. */
interface Room {
  left: number
}

/** Level by level, so that the deepest are the last to find room. */
async function readAll(changed: readonly Directory[], reading: Reading, signal: AbortSignal): Promise<void> {
  for (let level = changed; level.length > 0; ) {
    const next: Directory[] = []
    for (let at = 0; at < level.length; at += readsAtOnce) {
      signal.throwIfAborted()
      const batch = level.slice(at, at + readsAtOnce)
      next.push(...(await Promise.all(batch.map((directory) => read(directory, reading)))).flat())
    }
    level = next
  }
}

/** What the readings of one update share. */
interface Reading {
  rules: Rules
  room: Room
  nowMs: () => number
}

/** Takes in what a directory holds now; answers those of its directories that are to be read for the first time. */
async function read(directory: Directory, { rules, room, nowMs }: Reading): Promise<Directory[]> {
  const { path, folder } = directory
  const { prefix } = folder
  // `join` would take longer for all names than anything else that is done with them.
  const before = path.endsWith(sep) ? path : path + sep
  const readAtMs = nowMs()
  const stamp = stampOf(path)
  const entries = stamp.inode === 0 ? [] : await readdir(path, { withFileTypes: true }).catch((): Dirent[] => [])
  const ignoreFiles = ignoreFilesAmong(path, entries)
  // With other rules, other directories may have to be entered, everywhere below.
  const known = ignoreFiles.text === directory.ignoreFiles.text ? directory.directories : undefined
  directory.ignoreFiles = ignoreFiles
  const { isIgnored } = await rules.read(directory)
  const names: string[] = []
  const directories = new Map<string, Directory>()
  const unread: Directory[] = []
  room.left += folder.names.length
  let left = 0
  for (const entry of entries) {
    const { name } = entry
    if (name === '.git' || isIgnored(before + name, entry.isDirectory())) continue
    const inner = entry.isDirectory() ? known?.get(name) : undefined
    if (inner) directories.set(name, inner)
    else if (room.left <= 0) left += 1
    else {
      room.left -= 1
      if (!entry.isDirectory()) names.push(name)
      else unread.push(unreadDirectory({ path: before + name, prefix: `${prefix}${name}/`, parent: directory }))
    }
  }
  for (const inner of unread) directories.set(basename(inner.path), inner)
  const seen = { stamp, isSettled: isSettled({ stamp, ignoreFiles }, readAtMs), isCut: left > 0 }
  Object.assign(directory, { folder: folderOf(prefix, names), directories, ...seen })
  return unread
}

/** The rules that hold in each directory, remembered for one update: they keep what they were asked. */
interface Rules {
  /** Also takes in that directory's own ignore files anew. */
  read(directory: Directory): Promise<IgnoreRules>
}

function createRules(): Rules {
  const remembered = new Map<Directory, Promise<IgnoreRules>>()
  const remember = (directory: Directory): Promise<IgnoreRules> => {
    const { parent, path, ignoreFiles } = directory
    const outer = parent ? (remembered.get(parent) ?? remember(parent)) : Promise.resolve(noIgnoreRules)
    const rules = outer.then(({ below }) => below(path, ignoreFiles.names))
    remembered.set(directory, rules)
    return rules
  }
  return { read: remember }
}
