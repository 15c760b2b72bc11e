import { type BigIntStats, closeSync, constants, fstatSync } from 'node:fs'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import { type Bytes, bytesOf } from '../text/bytes.js'
import { holds, readAll } from './descriptor.js'

/** Larger files are neither read nor edited: shell tools can cut them. */
export const fileBytesMax = 50_000_000

export interface FileContent {
  readonly bytes: Bytes
  readonly stats: BigIntStats
}

/**
 * A regular file as it is; `undefined` when there is none. Throws `Failure` for anything that is not one. Where it still
 * holds the bytes that are `known` of it, those are answered.
 */
export async function readFile(jail: Jail, path: string, known?: Bytes): Promise<FileContent | undefined> {
  const shown = jail.display(path)
  const descriptor = openExisting(jail, path, shown)
  if (descriptor === undefined) return undefined
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) throw new Failure(`"${shown}" is ${kindOf(stats)}, not a file.${adviceFor(stats)}`)
    if (stats.size > fileBytesMax) {
      throw new Failure(
        `"${shown}" has ${stats.size} bytes; files of at most ${fileBytesMax} can be opened. Use a shell command (head, sed, split) for a part of it.`,
      )
    }
    const size = Number(stats.size)
    if (known && size > 0 && known.length === size && (await holds(descriptor, known))) return { bytes: known, stats }
    return { bytes: bytesOf(await readAll(descriptor, size)), stats }
  } finally {
    closeSync(descriptor)
  }
}

function openExisting(jail: Jail, path: string, shown: string): number | undefined {
  try {
    return jail.open(path, constants.O_RDONLY)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw openFailure(shown, error)
  }
}

type FileKind = Pick<
  BigIntStats,
  'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'
>

export function kindOf(stats: FileKind): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device'
  return 'something else'
}

function adviceFor(stats: FileKind): string {
  return stats.isDirectory() ? ' Use list_directory for it.' : ''
}

function openFailure(shown: string, cause: unknown): unknown {
  const code = errorCode(cause)
  if (code === 'EACCES' || code === 'EPERM')
    return new Failure(`"${shown}" cannot be opened: permission denied.`, { cause })
  if (code === 'ENXIO') return new Failure(`"${shown}" is a socket or a device, not a file.`, { cause })
  return cause
}
