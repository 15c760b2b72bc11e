import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from '../benchmark.js'
import { type StartedServer, startToolServer } from './tool-server.js'

/** Starts a server that may work in `root` and nowhere else. */
export type StartServer = (root: string) => Promise<StartedServer>

/** Our files server as it is built, its state beside its root. */
export function filesServer({ checkout }: World): StartServer {
  const bin = join(checkout, 'servers/files/bin/auroracoder-files.js')
  return (root) => {
    const args = [bin, '--root', root, '--state', `${root}-state`]
    return startToolServer({ command: process.execPath, args, env: { HOME: homeOf(root) }, cwd: root })
  }
}

/** An empty folder for one server, with a home beside it. */
export async function makeRoot({ scratch }: World, name: string): Promise<string> {
  const root = join(scratch, name.replaceAll(/\W+/g, '-'))
  await mkdir(root)
  await mkdir(homeOf(root))
  return root
}

export function homeOf(root: string): string {
  return `${root}-home`
}
