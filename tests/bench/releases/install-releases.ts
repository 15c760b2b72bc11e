import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from '../benchmark.js'
import { layReleases } from './lay-releases.js'
import type { Pack } from './pack.js'
import type { ReleasedPackage } from './released-packages.js'
import { releasesFolder, repositoryOf } from './repositories.js'

interface InstallRequest extends Pick<World, 'env' | 'say'> {
  packages: readonly ReleasedPackage[]
  pack: Pack
}

/** Makes a repository of the releases of each package that has none. */
export async function installReleases({ packages, pack, env, say }: InstallRequest): Promise<void> {
  const folder = releasesFolder(env)
  await mkdir(folder, { recursive: true })
  for (const released of packages) {
    const repo = repositoryOf(released, env)
    if (existsSync(repo)) continue
    say(`Laying ${released.versions.length} releases of ${released.name} as ${repo}`)
    const unfinished = await mkdtemp(join(folder, 'unfinished-'))
    try {
      await rename(await lay(released, { pack, folder: unfinished }), repo)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  }
}

async function lay(released: ReleasedPackage, { pack, folder }: { pack: Pack; folder: string }): Promise<string> {
  const packed = join(folder, 'archives')
  const repo = join(folder, 'repository')
  await mkdir(packed)
  await mkdir(repo)
  await layReleases({ released, archives: await pack({ released, folder: packed }), repo })
  return repo
}
