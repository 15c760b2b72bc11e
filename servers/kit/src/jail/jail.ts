import { closeSync, constants, openSync, readlinkSync, realpathSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { Failure } from '../failure.js'
import { errorCode } from './error-code.js'

/** Paths that a server may touch: everything inside its roots, with symlinks resolved. */
export interface Jail {
  /** Real paths of the roots; the first is the one that relative paths start from. */
  readonly roots: readonly string[]
  /**
   * The real absolute path of `path`, whose last components need not exist.
   * Throws `Failure` when it lies outside every root, also through a symlink, or holds a NUL.
   */
  resolve(path: string): Promise<string>
  /** The path as it is shown: relative to the first root when inside it, else absolute; `"."` for the root itself. */
  display(realPath: string): string
  /**
   * Opens a resolved path that exists, without waiting for whoever is at its other end, and checks again that what was
   * opened lies inside: a symlink may have been swapped in. Answers a file descriptor, which the caller closes. `flags`
   * must not create or truncate, which would come before the check.
   */
  open(realPath: string, flags: number): number
}

/**
 * `roots` must exist; they are resolved once, here. Paths are looked up without leaving the thread: such a call takes
 * microseconds, and a trip to another thread and back takes a hundred.
 */
export async function createJail(roots: readonly string[]): Promise<Jail> {
  const real = await Promise.all(roots.map(realRoot))
  const first = real[0]
  if (first === undefined) throw new Failure('Expected at least one root directory, found none.')

  const check = (path: string, asked: string): string => {
    if (real.some((root) => contains(root, path))) return path
    throw new Failure(
      `Path "${asked}" is outside the allowed roots. Allowed: ${real.join(', ')}. Use a path inside one of them.`,
    )
  }

  return {
    roots: real,
    async resolve(path) {
      if (path.includes('\0')) throw new Failure('A path must not contain a NUL character.')
      const absolute = isAbsolute(path) ? resolve(path) : resolve(first, path)
      if (Buffer.byteLength(absolute) > pathBytesMax) throw tooLong(absolute)
      return check(realPathOfDeepest(absolute), path)
    },
    display(realPath) {
      if (!contains(first, realPath)) return realPath
      return relative(first, realPath) || '.'
    },
    open(realPath, flags) {
      if ((flags & flagsThatAct) !== 0) throw new Error('jail.open only opens: O_CREAT and O_TRUNC are not for it.')
      const descriptor = openUnlinked(realPath, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      try {
        check(pathOfDescriptor(descriptor, realPath), realPath)
        return descriptor
      } catch (error) {
        closeSync(descriptor)
        throw error
      }
    },
  }
}

/** True when `path` is `root` or lies below it, by components: `/ws2` is not inside `/ws`. */
export function contains(root: string, path: string): boolean {
  const rest = relative(root, path)
  return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest))
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root)
  } catch (cause) {
    throw new Failure(
      `Root "${root}" cannot be used: it does not exist or is not readable. Create it or pass another.`,
      {
        cause,
      },
    )
  }
}

const flagsThatAct = constants.O_CREAT | constants.O_TRUNC

function openUnlinked(realPath: string, flags: number): number {
  try {
    return openSync(realPath, flags)
  } catch (cause) {
    // O_NOFOLLOW answers ELOOP for a link, with O_DIRECTORY it answers ENOTDIR.
    const code = errorCode(cause)
    if (code !== 'ELOOP' && (code !== 'ENOTDIR' || (flags & constants.O_DIRECTORY) === 0)) throw cause
    throw new Failure(`"${realPath}" was replaced just now, perhaps by a symbolic link. Try again.`, { cause })
  }
}

/** Of Linux. The system itself would follow a longer one component by component until one is missing. */
const pathBytesMax = 4_095
const symlinkHopsMax = 40

/** Resolves symlinks in the part of the path that exists; a dangling symlink is followed to where it would create. */
function realPathOfDeepest(absolute: string, hops = 0): string {
  if (hops > symlinkHopsMax) throw new Failure(`Path "${absolute}" has too many levels of symbolic links.`)
  try {
    return realpathSync.native(absolute)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ELOOP') throw new Failure(`Path "${absolute}" is a loop of symbolic links.`, { cause: error })
    if (code === 'ENAMETOOLONG') throw tooLong(absolute, error)
    if (code === 'EACCES')
      throw new Failure(`Path "${absolute}" cannot be reached: permission denied.`, { cause: error })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
  const parent = realPathOfDeepest(dirname(absolute), hops)
  const here = join(parent, basename(absolute))
  const target = targetOfLink(here)
  return target === undefined ? here : realPathOfDeepest(resolve(parent, target), hops + 1)
}

/** `undefined` for what is no link, or not there. */
function targetOfLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function tooLong(path: string, cause?: unknown): Failure {
  return new Failure(`Path "${path.slice(0, 80)}…" is too long.`, { cause })
}

/** Linux and macOS differ: only Linux tells the path behind a descriptor. */
function pathOfDescriptor(descriptor: number, fallback: string): string {
  return targetOfLink(`/proc/self/fd/${descriptor}`) ?? realpathSync.native(fallback)
}
