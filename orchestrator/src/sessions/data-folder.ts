import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionFailure } from './failure.js'

/** A folder of the data directory, for its user alone; both are made when missing. */
export async function makeDataFolder(dataDir: string, name = ''): Promise<void> {
  await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
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
