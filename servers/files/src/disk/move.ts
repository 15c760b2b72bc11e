import type { BigIntStats } from 'node:fs'
import { lstat, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import { type Anchor, withAnchor } from './anchor.js'
import { copyAcross } from './copy-across.js'
import { reasonOf } from './reason.js'
import { type Names, renameDirectory, renameExclusively } from './rename.js'
import type { TempFiles } from './temp-files.js'

export interface Moving {
  readonly jail: Jail
  readonly temps: TempFiles
  /** As `resolveEntry` gave them; what is above `to` exists. */
  readonly from: string
  readonly to: string
  /** Of `from`, as it was checked. */
  readonly stats: BigIntStats
  readonly overwrite: boolean
  readonly signal: AbortSignal
}

/**
 * Gives an entry another name, in one step that a crash cannot halve. Without `overwrite` nothing that stands at `to`
 * is replaced, not even what comes there at the last moment. A file that goes to another file system is copied whole
 * before the original is deleted. On a failure nothing has changed.
 */
export async function moveEntry(moving: Moving): Promise<void> {
  const { jail, from, to } = moving
  try {
    await withAnchor(jail, dirname(from), (old) =>
      withAnchor(jail, dirname(to), async (next) => {
        const names = { source: old.at(basename(from)), target: next.at(basename(to)) }
        await place(moving, names).catch((error: unknown) => {
          if (errorCode(error) === 'EXDEV') return copyAcross(moving, names)
          throw error
        })
        await syncBoth(old, next)
      }),
    )
  } catch (error) {
    throw moveFailure(moving, error)
  }
}

async function syncBoth(old: Anchor, next: Anchor): Promise<void> {
  await next.sync()
  await old.sync()
}

async function place(moving: Moving, names: Names): Promise<void> {
  const { stats, overwrite } = moving
  const there = await lstat(names.target, { bigint: true }).catch(() => undefined)
  if (there && there.ino === stats.ino && there.dev === stats.dev) return placeOnItself(moving, names)
  if (stats.isDirectory()) return renameDirectory(names)
  if (!overwrite) return renameExclusively(names, stats.isSymbolicLink())
  await rename(names.source, names.target)
}

/** One file under two names, or one name in two spellings where the file system does not tell them apart. */
async function placeOnItself({ from, to, overwrite, jail }: Moving, names: Names): Promise<void> {
  if (!(await areTwoNames(from, to))) return rename(names.source, names.target)
  if (!overwrite)
    throw new Failure(
      `"${jail.display(to)}" exists already, as a hard link to the same file. Set "overwrite": true to leave that one alone.`,
    )
  // A rename between two links of one file does nothing at all.
  await unlink(names.source)
}

async function areTwoNames(from: string, to: string): Promise<boolean> {
  const [olds, news] = await Promise.all([readdir(dirname(from)), readdir(dirname(to))])
  return olds.includes(basename(from)) && news.includes(basename(to))
}

function moveFailure({ jail, from, to }: Moving, cause: unknown): unknown {
  const [source, target] = [jail.display(from), jail.display(to)]
  const said = (reason: string): Failure =>
    new Failure(`"${source}" cannot be moved to "${target}": ${reason}. Nothing was changed.`, { cause })
  if (cause instanceof Failure) return cause
  const code = errorCode(cause)
  if (code === 'EEXIST' || code === 'ENOTEMPTY') return said('something has come to stand there just now')
  if (code === 'ENOENT') return said('it, or the directory it goes to, was removed by someone else just now')
  const reason = reasonOf(cause)
  return reason === undefined ? cause : said(reason)
}
