import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '@auroracoder/kit/jail'
import { createClient, LibsqlError } from '@libsql/client/sqlite3'
import { makeDataFolder, unusableDataDir } from './data-folder.js'
import { SessionFailure } from './failure.js'

export interface InstanceLock {
  release(): void
}

/**
 * Makes sure that one process at a time goes by `name` in this data directory, since a process takes over the leases
 * of its own name without waiting. The lock is an SQLite file lock: the system drops it when the process dies, however.
 */
export async function lockInstance({ dataDir, name }: { dataDir: string; name: string }): Promise<InstanceLock> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new Failure(`Expected an instance name of letters, digits, - and _, found "${name}".`)
  }
  await makeDataFolder(dataDir, 'instances')
  const client = createClient({ url: pathToFileURL(join(dataDir, 'instances', `${name}.lock`)).href })
  try {
    const held = await client.transaction('write')
    return {
      release() {
        held.close()
        client.close()
      },
    }
  } catch (cause) {
    client.close()
    if (!(cause instanceof LibsqlError)) throw cause
    if (!cause.code.startsWith('SQLITE_BUSY')) throw unusableDataDir(dataDir, cause)
    throw new SessionFailure(
      'instance_in_use',
      `Another process runs as instance "${name}" on ${dataDir}; stop it, or give this one another --instance name.`,
      { details: { name, dataDir }, cause },
    )
  }
}
