import { type BigIntStats, constants } from 'node:fs'
import { access, type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { withAnchor } from './anchor.js'
import { errorCode } from './error-code.js'
import { reasonOf } from './reason.js'
import type { TempFiles } from './temp-files.js'

export interface Writing {
  readonly jail: Jail
  readonly temps: TempFiles
  /** A real path, as the jail resolved it. Its directory exists. */
  readonly path: string
  readonly bytes: Uint8Array
  /** What was read before; absent when there must be no file yet. */
  readonly before: { readonly stats: BigIntStats; readonly bytes: Uint8Array } | undefined
}

/**
 * Puts the bytes in place whole: a temp file beside the target, synced, renamed over it, the directory synced. A
 * crash leaves the old file or the new one. A file with several hard links is written in place, so that they stay
 * linked. On a failure nothing has changed.
 */
export async function writeFile(writing: Writing): Promise<void> {
  const { before, jail, path } = writing
  try {
    if (before) await checkWritable(writing, before.stats)
    if (before && before.stats.nlink > 1n) await writeInPlace(writing, before)
    else await replaceByRename(writing)
  } catch (error) {
    throw writeFailure(jail.display(path), error)
  }
}

/** A rename needs no permission on the file itself; one that is protected is meant to stay as it is. */
async function checkWritable({ jail, path }: Writing, stats: BigIntStats): Promise<void> {
  if ((stats.mode & 0o222n) !== 0n) {
    return access(path, constants.W_OK).catch((error: unknown) => {
      // Whether it is still there is looked at just before it is replaced.
      if (errorCode(error) !== 'ENOENT') throw error
    })
  }
  const mode = (stats.mode & 0o7777n).toString(8).padStart(4, '0')
  throw new Failure(
    `"${jail.display(path)}" is read-only (mode ${mode}). Make it writable first, if it is meant to change.`,
  )
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
  const handle = await open(
    temp,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  )
  try {
    try {
      await handle.writeFile(bytes)
      if (before) await takeOver(handle, before.stats)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await checkUntouched(target, writing)
    await rename(temp, target)
  } catch (error) {
    await unlink(temp).catch(() => undefined)
    throw error
  }
}

/** Owner where possible, and mode. The owner goes first: changing it clears the set-user-id bit. */
export async function takeOver(handle: FileHandle, { uid, gid, mode }: BigIntStats): Promise<void> {
  const own = await handle.stat({ bigint: true })
  const foreign = own.uid !== uid || own.gid !== gid
  const kept = !foreign || (await handle.chown(Number(uid), Number(gid)).then(yes, no))
  // Set-user-id under another owner would give that owner's rights away.
  await handle.chmod(Number(mode & (kept ? 0o7777n : 0o777n)))
}

const yes = (): boolean => true
const no = (): boolean => false

async function checkUntouched(target: string, { before, jail, path }: Writing): Promise<void> {
  const now = await lstat(target, { bigint: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
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
  const handle = await jail.open(path, constants.O_RDWR)
  try {
    const now = await handle.stat({ bigint: true })
    if (!isSameState(now, before.stats)) {
      throw new Failure(`"${jail.display(path)}" was changed by someone else just now. Nothing was written. Try again.`)
    }
    await overwrite(handle, bytes).catch(async (error: unknown) => {
      await overwrite(handle, before.bytes)
      await handle.utimes(Number(before.stats.atimeNs) / 1e9, Number(before.stats.mtimeNs) / 1e9)
      throw error
    })
  } finally {
    await handle.close()
  }
}

async function overwrite(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, done)
    done += bytesWritten
  }
  await handle.truncate(bytes.length)
  await handle.sync()
}

function writeFailure(shown: string, cause: unknown): unknown {
  const reason = reasonOf(cause)
  if (!reason || cause instanceof Failure) return cause
  return new Failure(`"${shown}" cannot be written: ${reason}. Nothing was changed.`, { cause })
}
