import { lstat, readlink } from 'node:fs/promises'
import { Failure } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { errorCode } from '@auroracoder/kit/jail'
import { readFile } from '../disk/read.js'
import { hashOf } from '../text/document.js'

/** Nothing stands there. */
export const absent = 'absent'

/** What stands at a path, in a word that differs when anything of it does: for a file the hash of its bytes. */
export async function pathState(jail: Jail, real: string): Promise<string> {
  const stats = await lstat(real, { bigint: true }).catch((error: unknown) => {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  })
  if (!stats) return absent
  if (stats.isSymbolicLink()) return `link ${await readlink(real)}`
  if (stats.isDirectory()) return `directory ${stats.dev}:${stats.ino}`
  try {
    const content = await readFile(jail, real)
    return content ? hashOf(content.bytes.pieces) : absent
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // Too large to be hashed, not readable, or no file at all.
    return `other ${stats.dev}:${stats.ino} ${stats.size} ${stats.mtimeNs}`
  }
}
