import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import type { Bytes } from '../text/bytes.js'
import { withAnchor } from './anchor.js'
import { sync, writeAll } from './descriptor.js'
import { reasonOf } from './reason.js'
import { removeIfThere, type TempFiles } from './temp-files.js'

export interface Writing {
  readonly jail: Jail
  readonly temps: TempFiles
  /** A real path, as the jail resolved it. Its directory exists. */
  readonly path: string
  readonly bytes: Bytes
  /** What was read before; absent when there must be no file yet. */
  readonly before: { readonly stats: BigIntStats; readonly bytes: Bytes } | undefined
}

/**
 * Puts the bytes in place whole: a temp file beside the target, synced, renamed over it, the directory synced. A
 * crash leaves the old file or the new one. A file with several hard links is written in place, so that they stay
 * linked. On a failure nothing has changed.
 */
export async function writeFile(writing: Writing): Promise<void> {
  const { before, jail, path } = writing
  try {
    if (before) checkWritable(writing, before.stats)
    if (before && before.stats.nlink > 1n) await writeInPlace(writing, before)
    else await replaceByRename(writing)
  } catch (error) {
    throw writeFailure(jail.display(path), error)
  }
}

/** A rename needs no permission on the file itself; one that is protected is meant to stay as it is. */
function checkWritable({ jail, path }: Writing, stats: BigIntStats): void {
  if ((stats.mode & 0o222n) === 0n) {
    const mode = (stats.mode & 0o7777n).toString(8).padStart(4, '0')
    throw new Failure(
      `"${jail.display(path)}" is read-only (mode ${mode}). Make it writable first, if it is meant to change.`,
    )
  }
  try {
    accessSync(path, constants.W_OK)
  } catch (error) {
    // Whether it is still there is looked at just before it is replaced.
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

async function replaceByRename(writing: Writing): Promise<void> {
  const { jail, temps, path } = writing
  await withAnchor(jail, dirname(path), async (directory) => {
    await temps.with(dirname(path), async (name) => {
      await viaTempFile(writing, { temp: directory.at(name), target: directory.at(basename(path)) })
    })
    await directory.sync()
  })
}

async function viaTempFile(writing: Writing, { temp, target }: { temp: string; target: string }): Promise<void> {
  const { before, bytes } = writing
  const mode = before ? 0o600 : 0o666
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const descriptor = openSync(temp, flags, mode)
  try {
    try {
      await writeAll(descriptor, bytes)
      if (before) takeOver(descriptor, before.stats)
      await sync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    checkUntouched(target, writing)
    renameSync(temp, target)
  } catch (error) {
    removeIfThere(temp)
    throw error
  }
}

/** Owner where possible, and mode. The owner goes first: changing it clears the set-user-id bit. */
export function takeOver(descriptor: number, { uid, gid, mode }: BigIntStats): void {
  const own = fstatSync(descriptor, { bigint: true })
  const foreign = own.uid !== uid || own.gid !== gid
  const kept = !foreign || isGiven(descriptor, { uid, gid })
  // Set-user-id under another owner would give that owner's rights away.
  fchmodSync(descriptor, Number(mode & (kept ? 0o7777n : 0o777n)))
}

function isGiven(descriptor: number, { uid, gid }: Pick<BigIntStats, 'uid' | 'gid'>): boolean {
  try {
    fchownSync(descriptor, Number(uid), Number(gid))
    return true
  } catch {
    return false
  }
}

function checkUntouched(target: string, { before, jail, path }: Writing): void {
  const now = lstatSync(target, { bigint: true, throwIfNoEntry: false })
  if (!now && !before) return
  if (now && before && isSameState(now, before.stats)) return
  throw new Failure(
    `"${jail.display(path)}" was ${now ? 'changed' : 'removed'} by someone else just now. Nothing was written. Try again.`,
  )
}

export function isSameState(now: BigIntStats, then: BigIntStats): boolean {
  return (
    now.ino === then.ino &&
    now.dev === then.dev &&
    now.size === then.size &&
    now.mtimeNs === then.mtimeNs &&
    now.ctimeNs === then.ctimeNs
  )
}

async function writeInPlace(writing: Writing, before: NonNullable<Writing['before']>): Promise<void> {
  const { jail, path, bytes } = writing
  const descriptor = jail.open(path, constants.O_RDWR)
  try {
    const now = fstatSync(descriptor, { bigint: true })
    if (!isSameState(now, before.stats)) {
      throw new Failure(`"${jail.display(path)}" was changed by someone else just now. Nothing was written. Try again.`)
    }
    await overwrite(descriptor, bytes).catch(async (error: unknown) => {
      await overwrite(descriptor, before.bytes)
      futimesSync(descriptor, Number(before.stats.atimeNs) / 1e9, Number(before.stats.mtimeNs) / 1e9)
      throw error
    })
  } finally {
    closeSync(descriptor)
  }
}

async function overwrite(descriptor: number, bytes: Bytes): Promise<void> {
  await writeAll(descriptor, bytes)
  ftruncateSync(descriptor, bytes.length)
  await sync(descriptor)
}

function writeFailure(shown: string, cause: unknown): unknown {
  const reason = reasonOf(cause)
  if (!reason || cause instanceof Failure) return cause
  return new Failure(`"${shown}" cannot be written: ${reason}. Nothing was changed.`, { cause })
}
