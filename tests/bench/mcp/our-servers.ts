import { join } from 'node:path'
import { startToolServer, type ToolServer } from './tool-server.js'

/** A server of ours as it is built, its state beside its root. */
export function startOurServer(name: 'files', place: { checkout: string; root: string }): Promise<ToolServer> {
  const { checkout, root } = place
  const bin = join(checkout, 'servers', name, 'bin', `auroracoder-${name}.js`)
  const args = [bin, '--root', root, '--state', `${root}-state`]
  return startToolServer({ command: process.execPath, args, env: { HOME: `${root}-home` }, cwd: root })
}
