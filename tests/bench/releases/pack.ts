import { join } from 'node:path'
import { runProgram } from '../run-program.js'
import type { ReleasedPackage } from './released-packages.js'

export interface PackRequest {
  readonly released: ReleasedPackage
  /** Empty; the archives go here. */
  readonly folder: string
}

/** Answers the archives of a package's releases, as npm packs them, in the order of its versions. */
export type Pack = (request: PackRequest) => Promise<string[]>

export function npmPack(env: NodeJS.ProcessEnv): Pack {
  return async ({ released: { name, versions }, folder }) => {
    const releases = versions.map((version) => `${name}@${version}`)
    const quietly = ['--ignore-scripts', '--loglevel=error', '--pack-destination', folder]
    await runProgram({ file: 'npm', args: ['pack', ...quietly, ...releases], cwd: folder, env })
    return versions.map((version) => join(folder, `${name}-${version}.tgz`))
  }
}
