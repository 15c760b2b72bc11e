import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, readdir, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import { descriptorPath, withAnchor } from './anchor.js'
import { reasonOf } from './reason.js'

export interface Removing {
  readonly jail: Jail
  /** As `resolveEntry` gave it. */
  readonly path: string
  /** What it was when it was checked. Only a directory is gone into. */
  readonly stats: BigIntStats
  readonly signal: AbortSignal
  progress(message: string): void
}

export interface Removal {
  /** Entries that are gone, the directories themselves counted. */
  readonly removed: number
  /** What could not be removed, with what would have had to go after it left out. */
  readonly left: readonly Left[]
}

export interface Left {
  readonly path: string
  readonly reason: string
}

/** Every level keeps a descriptor open. */
export const depthMax = 256
const entriesPerReport = 1_000

/**
 * Removes one entry and, of a directory, everything in it. Symlinks are unlinked, never followed: each directory is
 * opened without following and its entries are reached through the descriptor, so that a directory which is swapped for
 * a symlink meanwhile leads nowhere. Goes on after an entry that cannot be removed. Other file systems are not entered.
 */
export async function removeEntry(removing: Removing): Promise<Removal> {
  const { jail, path, stats, signal, progress } = removing
  const left: Left[] = []
  let removed = 0

  const gone = (): true => {
    removed += 1
    if (removed % entriesPerReport === 0) progress(`${removed} entries deleted`)
    return true
  }
  const stays = (at: Place, reason: string): false => {
    left.push({ path: at.shown, reason })
    return false
  }

  const removeFile = async (at: Place): Promise<boolean> => {
    const error = await unlink(at.path).then(nothing, identity)
    return error === undefined || isMissing(error) ? gone() : stays(at, reasonFor(error))
  }

  /** What is no directory is unlinked; what turns out to be one is gone into. */
  const remove = async (at: Place): Promise<boolean> => {
    signal.throwIfAborted()
    const error = await unlink(at.path).then(nothing, identity)
    if (error === undefined || isMissing(error)) return gone()
    return mayBeDirectory(error) ? removeDirectory(at, error) : stays(at, reasonFor(error))
  }

  const removeDirectory = async (at: Place, unlinking?: unknown): Promise<boolean> => {
    if (at.depth > depthMax) return stays(at, `it is nested more than ${depthMax} levels deep; begin further inside`)
    const opened = await openDirectory(at.path)
    if (!('handle' in opened)) {
      if (isNoDirectory(opened.error)) {
        return unlinking === undefined ? removeFile(at) : stays(at, reasonFor(unlinking))
      }
      // One that may not be read can still go if it is empty.
      return removeEmpty(at, opened.error)
    }
    try {
      const { dev } = await opened.handle.stat({ bigint: true })
      if (dev !== stats.dev) return stays(at, 'it is on another file system')
      if (!(await removeAllIn(opened.handle, at))) return false
    } finally {
      await opened.handle.close()
    }
    return removeEmpty(at)
  }

  const removeAllIn = async ({ fd }: FileHandle, at: Place): Promise<boolean> => {
    const base = Buffer.from(descriptorPath(fd, String(at.path)))
    // As bytes: a name need not be valid UTF-8.
    const names = await readdir(base, { encoding: 'buffer' })
    let all = true
    for (const name of names) {
      const entry = Buffer.concat([base, slash, name])
      all = (await remove({ path: entry, shown: `${at.shown}/${name}`, depth: at.depth + 1 })) && all
    }
    return all
  }

  const removeEmpty = async (at: Place, opening?: unknown): Promise<boolean> => {
    const error = await rmdir(at.path).then(nothing, identity)
    if (error === undefined || isMissing(error)) return gone()
    if (opening !== undefined) return stays(at, reasonFor(opening))
    return stays(at, errorCode(error) === 'ENOTEMPTY' ? 'something was put into it just now' : reasonFor(error))
  }

  await withAnchor(jail, dirname(path), async (parent) => {
    const top = { path: Buffer.from(parent.at(basename(path))), shown: jail.display(path), depth: 1 }
    if (stats.isDirectory()) await removeDirectory(top)
    else await removeFile(top)
  }).catch((error: unknown) => {
    // What went is told with what did not, so that this is no exception; an abort is, and so is a defect.
    if (!(error instanceof Failure) && errorCode(error) === undefined) throw error
    if (signal.aborted) throw error
    left.push({ path: jail.display(path), reason: reasonFor(error) })
  })
  return { removed, left }
}

interface Place {
  /** Through the descriptor of its parent. */
  path: Buffer
  /** As messages name it. */
  shown: string
  depth: number
}

type Opened = { handle: FileHandle } | { error: unknown }

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK

function openDirectory(path: Buffer): Promise<Opened> {
  return open(path, directoryFlags).then(
    (handle) => ({ handle }),
    (error: unknown) => ({ error }),
  )
}

const slash = Buffer.from('/')
const nothing = (): undefined => undefined
const identity = (error: unknown): unknown => error

/** Linux says EISDIR to an unlink of a directory, other systems EPERM. */
function mayBeDirectory(error: unknown): boolean {
  return ['EISDIR', 'EPERM'].includes(errorCode(error) ?? '')
}

function isNoDirectory(error: unknown): boolean {
  return ['ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')
}

/** Someone else was faster: it is gone all the same. */
function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}

function reasonFor(error: unknown): string {
  if (error instanceof Failure) return error.message
  return reasonOf(error) ?? `the system answered ${errorCode(error) ?? String(error)}`
}
