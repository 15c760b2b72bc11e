import { closeSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Jail } from '@auroracoder/kit/jail'
import { sync } from './descriptor.js'

/** A directory held open: it stays the checked one, even if its path is made to lead elsewhere meanwhile. */
export interface Anchor {
  /** The path of an entry, through the descriptor where the system has such paths. */
  at(name: string): string
  /** Makes a rename in it durable. Some file systems refuse that, and what was done is done. */
  sync(): Promise<void>
}

export async function withAnchor<T>(jail: Jail, directory: string, use: (anchor: Anchor) => Promise<T>): Promise<T> {
  const descriptor = jail.open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const base = descriptorPath(descriptor, directory)
    return await use({ at: (name) => join(base, name), sync: () => sync(descriptor).catch(() => undefined) })
  } finally {
    closeSync(descriptor)
  }
}

/** Only Linux leads from a descriptor to what it holds open; elsewhere the path itself has to do. */
export function descriptorPath(fd: number, path: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${fd}` : path
}
