import type { BigIntStats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Failure } from '@auroracoder/kit'
import { contains, errorCode, type Jail } from '@auroracoder/kit/jail'
import { reasonOf } from './reason.js'

/** Of a path in a message. */
const shownCharsMax = 200

/**
 * The path of a directory entry itself: symlinks on the way to it are resolved, and must lead to a place inside a root,
 * while a symlink in the last place stays what is meant, wherever it points. Throws `Failure` for a root, and for what
 * holds one.
 */
export async function resolveEntry(jail: Jail, path: string): Promise<string> {
  if (path.includes('\0')) throw new Failure('A path must not contain a NUL character.')
  const [first = '/'] = jail.roots
  const absolute = resolve(first, path)
  const entry = join(await realParent(jail, absolute, path), basename(absolute))
  if (jail.roots.some((root) => contains(entry, root))) throw rootFailure(path)
  return entry
}

/** True when the caller wrote the path as that of a directory. */
export function namesDirectory(path: string): boolean {
  return /(?:^|\/)\.?$/.test(path)
}

/** The entry as it is now, not what it points to; `undefined` when there is none. */
export async function statEntry(jail: Jail, path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') return undefined
    const reason = reasonOf(cause)
    if (reason === undefined) throw cause
    throw new Failure(`"${jail.display(path).slice(0, shownCharsMax)}" cannot be looked at: ${reason}.`, { cause })
  })
}

async function realParent(jail: Jail, absolute: string, asked: string): Promise<string> {
  try {
    return await jail.resolve(dirname(absolute))
  } catch (error) {
    // What holds a root lies outside itself; that it is a root is the better answer.
    const real = await jail.resolve(absolute).catch(() => undefined)
    if (real !== undefined && jail.roots.includes(real)) throw rootFailure(asked)
    throw outside(error, { absolute, asked })
  }
}

function rootFailure(path: string): Failure {
  return new Failure(
    `"${path}" is a root of this server, or holds one, and stays where it is. Name what is inside it instead.`,
  )
}

/** The jail has been asked about the parent; the caller asked about the entry. */
function outside(error: unknown, { absolute, asked }: { absolute: string; asked: string }): unknown {
  if (!(error instanceof Failure)) return error
  return new Failure(error.message.replaceAll(`"${dirname(absolute)}"`, `"${asked}"`), { cause: error })
}
