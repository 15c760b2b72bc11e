import { constants } from 'node:fs'
import { createJail, errorCode, Failure, type Jail } from '@auroracoder/kit/jail'
import { SessionFailure, type SessionFailureCode } from '../failure.js'
import { stagingPrefix } from '../staging-name.js'
import { nameBytesMax, pathBytesMax, pathDepthMax } from './limits.js'

/** The components of a path from the workspace's root; none for the root itself. Refuses what could lead out of it. */
export function parsePath(path: string): string[] {
  if (path.includes('\0')) throw refused('bad_path', path, 'Expected a path without NUL characters')
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)) {
    throw refused('outside_workspace', path, 'Expected a path relative to the workspace, found an absolute one')
  }
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw refused('outside_workspace', path, 'Expected a path without ".."')
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw refused('bad_path', path, `Expected a path of at most ${pathBytesMax} bytes`)
  }
  if (names.length > pathDepthMax) throw refused('bad_path', path, `Expected at most ${pathDepthMax} folders deep`)
  const long = names.find((name) => Buffer.byteLength(name) > nameBytesMax)
  if (long !== undefined) throw refused('bad_path', path, `Expected names of at most ${nameBytesMax} bytes`)
  if (names.some((name) => name.startsWith(stagingPrefix))) {
    throw refused('bad_path', path, `Names that begin with ${stagingPrefix} are kept for the service`)
  }
  return names
}

export function parseFilePath(path: string): string[] {
  const names = parsePath(path)
  if (names.length > 0 && !path.endsWith('/')) return names
  throw refused('bad_path', path, 'Expected the path of a file, found that of a folder')
}

export function refused(code: SessionFailureCode, path: string, problem: string, cause?: unknown): SessionFailure {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path
  return new SessionFailure(code, `${problem}: ${JSON.stringify(shown)}.`, { details: { path: shown }, cause })
}

export function tooLarge(expected: string, path: string): SessionFailure {
  return refused('too_large', path, `Expected ${expected}, found more at`)
}

/** The workspace as a jail; it may have gone since its session began. */
export async function jailOf(workspace: string): Promise<Jail> {
  return createJail([workspace]).catch((cause: unknown) => {
    throw new SessionFailure('no_such_file', `The workspace ${workspace} has gone.`, { details: { workspace }, cause })
  })
}

/** Opens what is there for reading; links are followed as long as they stay inside. The caller closes it. */
export async function openInside(jail: Jail, path: string): Promise<number> {
  parsePath(path)
  return explained(path, async () => jail.open(await jail.resolve(path === '' ? '.' : path), constants.O_RDONLY))
}

/** Turns what the system says of a path into what a caller can act on. */
export async function explained<T>(path: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(path, error)
  }
}

function explain(path: string, error: unknown): unknown {
  if (error instanceof SessionFailure) return error
  if (error instanceof Failure) {
    return refused('outside_workspace', path, 'Expected a path that stays in the workspace, also through links', error)
  }
  const code = errorCode(error)
  if (code === 'ENOENT') return refused('no_such_file', path, 'There is no such file or folder', error)
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ELOOP') {
    return refused('path_conflict', path, 'A file, a folder or a link stands where another kind was expected', error)
  }
  if (code === 'ENAMETOOLONG') return refused('bad_path', path, 'The path is too long', error)
  if (code === 'ENXIO' || code === 'ENODEV')
    return refused('path_conflict', path, 'Expected a file, found a special one', error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EBUSY') {
    return refused('path_conflict', path, `The system does not permit it (${code})`, error)
  }
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return refused('disk_full', path, 'There is no space left to write', error)
  return error
}
