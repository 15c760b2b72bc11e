import { constants } from 'node:fs'
import { link, lstat, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises'
import { Failure } from '@auroracoder/kit'
import { errorCode } from '@auroracoder/kit/jail'

/** Two names, reached through the descriptors of their directories. */
export interface Names {
  readonly source: string
  readonly target: string
}

/** An empty directory of our own keeps the name free: a rename replaces it, but none that holds something. */
export async function renameDirectory({ source, target }: Names): Promise<void> {
  await mkdir(target)
  await rename(source, target).catch(async (error: unknown) => {
    await rmdir(target).catch(() => undefined)
    throw error
  })
}

/**
 * Node has no rename that refuses to replace, but a link does refuse. What is left of a race: a file that another
 * process puts in the place of the source between the look at it and its unlink goes with it; and a crash between
 * link and unlink leaves the file under both names.
 */
export async function renameExclusively({ source, target }: Names, isSymlink: boolean): Promise<void> {
  // Elsewhere than on Linux a link of a symlink is one of what it points to.
  const linkable = !isSymlink || process.platform === 'linux'
  const refused = linkable ? await link(source, target).then(nothing, identity) : { code: 'ENOTSUP' }
  if (refused === undefined) return removeOldName({ source, target })
  if (linkable && !withoutLinks.includes(errorCode(refused) ?? '')) throw refused
  await renameToReserved({ source, target })
}

/** Codes of file systems that know no hard links, and of kernels that forbid links to the files of others. */
const withoutLinks: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

async function removeOldName({ source, target }: Names): Promise<void> {
  const [old, made] = await Promise.all([source, target].map((path) => lstat(path, { bigint: true })))
  if (old?.ino !== made?.ino) {
    await unlink(target)
    throw new Failure('What was to be moved was replaced by someone else just now. Nothing was moved. Try again.')
  }
  await unlink(source).catch(async (error: unknown) => {
    await unlink(target)
    throw error
  })
}

/**
 * An empty file of our own keeps the name, and the rename replaces it. What is left of a race: what another process
 * writes into that file, or puts in its place, in the moment before the rename, is lost.
 */
async function renameToReserved({ source, target }: Names): Promise<void> {
  const reserving = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  await (await open(target, reserving, 0o600)).close()
  await rename(source, target).catch(async (error: unknown) => {
    await unlink(target).catch(() => undefined)
    throw error
  })
}

const nothing = (): undefined => undefined
const identity = (error: unknown): unknown => error
