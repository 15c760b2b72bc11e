import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { peersFolder } from '../mcp/peers.js'
import type { ReleasedPackage } from './released-packages.js'

/** Beside the peers: outside of the checkout, as they are. */
export function releasesFolder(env: NodeJS.ProcessEnv): string {
  return join(peersFolder(env), 'releases')
}

/** The name changes with the versions. */
export function repositoryOf({ name, versions }: ReleasedPackage, env: NodeJS.ProcessEnv): string {
  return join(releasesFolder(env), `${name}-${versions.at(0)}-${versions.at(-1)}`)
}

export function isInstalled(released: ReleasedPackage, env: NodeJS.ProcessEnv): boolean {
  return existsSync(repositoryOf(released, env))
}
