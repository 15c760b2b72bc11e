import { constants } from 'node:fs'
import { join } from 'node:path'
import type { Jail } from '@auroracoder/kit/jail'

/** A directory held open: it stays the checked one, even if its path is made to lead elsewhere meanwhile. */
export interface Anchor {
  /** The path of an entry, through the descriptor where the system has such paths. */
  at(name: string): string
  /** Makes a rename in it durable. Some file systems refuse that, and what was done is done. */
  sync(): Promise<void>
}

export async function withAnchor<T>(jail: Jail, directory: string, use: (anchor: Anchor) => Promise<T>): Promise<T> {
  const handle = await jail.open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const base = descriptorPath(handle.fd, directory)
    return await use({ at: (name) => join(base, name), sync: () => handle.sync().catch(() => undefined) })
  } finally {
    await handle.close()
  }
}

/** Only Linux leads from a descriptor to what it holds open; elsewhere the path itself has to do. */
export function descriptorPath(fd: number, path: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${fd}` : path
}
