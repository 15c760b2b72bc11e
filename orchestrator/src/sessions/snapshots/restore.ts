import { setImmediate as breathe } from 'node:timers/promises'
import { errorCode } from '@auroracoder/kit/jail'
import { holdFolder } from '../held-folder.js'
import { type Outcome, putFile, removeEmptyFolder, removeFile } from './apply.js'
import { type Change, listChanges } from './changes.js'
import { diskFull, type Git } from './git.js'
import { foldersOf, type Left, type LeftNote, type LeftOut, shown } from './left.js'
import { reportPathsMax } from './limits.js'
import type { PendingFolders } from './pending-folders.js'

/** Each list holds at most `reportPathsMax` paths; the count beside it is of all. */
export interface RestoreReport {
  tree: string
  /** The workspace as it was just before; restoring this undoes the restore. */
  before: string
  restored: string[]
  restoredCount: number
  removed: string[]
  removedCount: number
  /** What stayed as it was, and why. */
  untouched: Left[]
  untouchedCount: number
}

export interface RestoreOptions {
  git: Git
  directory: string
  /** What the directory holds now; undefined for an empty one. */
  from: string | undefined
  to: string
  note: LeftNote
  /** Absent for a directory that nothing is removed from. */
  pending?: PendingFolders
}

export interface Restored {
  restored: string[]
  removed: string[]
  untouched: LeftOut
}

/**
 * Makes a directory what a tree says, one path after another. Nothing is deleted or overwritten but what `from` holds.
 * Killed half-way and done again from what is there then, it comes to the same end.
 */
export async function applyTree(options: RestoreOptions): Promise<Restored> {
  const { git, directory, from, to, note, pending } = options
  const changes = await listChanges(git, { from, to })
  const gone = changes.filter(({ status }) => status === 'D').map(({ path }) => path)
  const untouched = new Map<string, string>(gone.flatMap((path) => keptEntry(note, path)))
  const toRemove = gone.filter((path) => !untouched.has(path))
  const toEmpty = emptied(toRemove, changes)
  const removed: string[] = []
  const restored: string[] = []
  const root = holdFolder(directory)
  const blobs = git.blobs()
  const settle = (path: string, outcome: Outcome, done: string[]) => {
    if (outcome === undefined) done.push(path)
    else untouched.set(path, outcome)
  }
  try {
    const unfinished = (await pending?.read()) ?? []
    await pending?.write([...unfinished, ...toEmpty])
    for (const path of toRemove) settle(path, removeFile(root, path), removed)
    for (const folder of [...toEmpty, ...unfinished]) removeEmptyFolder(root, folder)
    for (const change of changes.filter(({ status }) => status !== 'D')) {
      settle(change.path, putFile(root, change, await blobs.read(change.blob)), restored)
      if (restored.length % filesPerBreath === 0) await breathe()
    }
    await pending?.clear()
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(directory, error)
    throw error
  } finally {
    root.close()
    await blobs.close()
  }
  return { restored, removed, untouched }
}

const filesPerBreath = 100

export function restoreReport(
  { tree, before, left }: { tree: string; before: string; left: LeftOut },
  { restored, removed, untouched }: Restored,
): RestoreReport {
  const stayed = new Map([...untouched, ...left])
  return {
    tree,
    before,
    restored: restored.slice(0, reportPathsMax).map(shown),
    restoredCount: restored.length,
    removed: removed.slice(0, reportPathsMax).map(shown),
    removedCount: removed.length,
    untouched: [...stayed].slice(0, reportPathsMax).map(([path, why]) => ({ path: shown(path), why })),
    untouchedCount: stayed.size,
  }
}

/** A file that the snapshot left out was there already: it is not new, and its bytes of then are nowhere. */
function keptEntry(note: LeftNote, path: string): [path: string, why: string][] {
  if (note.covers(path)) return [[path, 'was left out of the snapshot']]
  return note.whole ? [] : [[path, 'the snapshot left out more than it could remember']]
}

/** Folders that something was removed from and nothing is put into, deepest first. */
function emptied(removed: readonly string[], changes: readonly Change[]): string[] {
  const needed = new Set(changes.filter(({ status }) => status !== 'D').flatMap(({ path }) => foldersOf(path)))
  const folders = new Set(removed.flatMap(foldersOf).filter((folder) => !needed.has(folder)))
  return [...folders].sort((one, other) => other.length - one.length).map((folder) => folder.slice(0, -1))
}
