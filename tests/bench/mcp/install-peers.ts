import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from '../benchmark.js'
import { runProgram } from '../run-program.js'
import { peerPackages, peersFolder } from './peers.js'

/** Without their install scripts: one reports the installation over the network. */
export async function installPeers({ env, say }: Pick<World, 'env' | 'say'>): Promise<void> {
  const folder = peersFolder(env)
  const packages = peerPackages.map(({ packageName, version }) => `${packageName}@${version}`)
  say(`Installing ${packages.join(' and ')} in ${folder}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"private": true}\n')
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await runProgram({ file: 'npm', args: ['install', '--prefix', folder, ...quietly, ...packages], cwd: folder, env })
}
