import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '@auroracoder/kit/jail'
import { SessionFailure } from './failure.js'

/** A folder of the data directory, for its user alone; both are made when missing. */
export async function makeDataFolder(dataDir: string, name = ''): Promise<void> {
  await makeFolder(join(dataDir, name)).catch((cause: unknown) => {
    throw unusableDataDir(dataDir, cause)
  })
}

export function unusableDataDir(dataDir: string, cause: unknown): SessionFailure {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SessionFailure(
    'storage_failed',
    `The data directory ${dataDir} cannot be used (${why}). Make it writable, free some space, or use another --data-dir.`,
    { details: { dataDir }, cause },
  )
}

/**
 * Level by level, each tried at most twice: Node's own recursive `mkdir` goes on for ever where the parent is there
 * and the system says all the same that it is not, as below /proc.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    // Some systems say EPERM or EROFS of a folder that is already there.
    if (errorCode(error) === 'ENOENT' || !(await isFolder(path))) throw error
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
