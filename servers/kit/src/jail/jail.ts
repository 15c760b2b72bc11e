import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { Failure } from '../failure.js'

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
   * Opens a resolved path that exists, without blocking, and checks again that what was opened lies inside: a symlink
   * may have been swapped in. `flags` must not create or truncate, which would come before the check.
   */
  open(realPath: string, flags: number): Promise<FileHandle>
}

/** `roots` must exist; they are resolved once, here. */
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
      return check(await realPathOfDeepest(absolute), path)
    },
    display(realPath) {
      if (!contains(first, realPath)) return realPath
      return relative(first, realPath) || '.'
    },
    async open(realPath, flags) {
      if ((flags & flagsThatAct) !== 0) throw new Error('jail.open only opens: O_CREAT and O_TRUNC are not for it.')
      const handle = await openUnlinked(realPath, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      try {
        check(await pathOfDescriptor(handle.fd, realPath), realPath)
        return handle
      } catch (error) {
        await handle.close()
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

async function openUnlinked(realPath: string, flags: number): Promise<FileHandle> {
  try {
    return await open(realPath, flags)
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
async function realPathOfDeepest(absolute: string, hops = 0): Promise<string> {
  if (hops > symlinkHopsMax) throw new Failure(`Path "${absolute}" has too many levels of symbolic links.`)
  try {
    return await realpath(absolute)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ELOOP') throw new Failure(`Path "${absolute}" is a loop of symbolic links.`, { cause: error })
    if (code === 'ENAMETOOLONG') throw tooLong(absolute, error)
    if (code === 'EACCES')
      throw new Failure(`Path "${absolute}" cannot be reached: permission denied.`, { cause: error })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
  const parent = await realPathOfDeepest(dirname(absolute), hops)
  const here = join(parent, basename(absolute))
  const target = await readlink(here).catch(() => undefined)
  return target === undefined ? here : realPathOfDeepest(resolve(parent, target), hops + 1)
}

function tooLong(path: string, cause?: unknown): Failure {
  return new Failure(`Path "${path.slice(0, 80)}…" is too long.`, { cause })
}

/** Linux and macOS differ: only Linux tells the path behind a descriptor. */
async function pathOfDescriptor(fd: number, fallback: string): Promise<string> {
  return readlink(`/proc/self/fd/${fd}`).catch(() => realpath(fallback))
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
