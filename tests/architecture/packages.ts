import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { packagesWithRooms } from './arrows.js'
import { parseSource, type Source } from './source.js'

const checkout = fileURLToPath(new URL('../../', import.meta.url))

const manifestSchema = z.object({
  name: z.string(),
  workspaces: z.array(z.string()).default([]),
  dependencies: z.record(z.string(), z.string()).default({}),
  exports: z.record(z.string(), z.looseObject({ '@auroracoder/source': z.string() })).default({}),
})

export interface Package {
  /** Its folder, from the checkout. */
  folder: string
  /** The folder's last component: `kit`. */
  shortName: string
  dependencies: readonly string[]
  sources: readonly Source[]
  bins: readonly Source[]
  /** Files behind what others may import: `@auroracoder/kit/wire` → `servers/kit/src/wire/index.ts`. */
  entries: ReadonlyMap<string, string>
}

/** Every workspace of the checkout that has a package.json, with its parsed sources. */
export async function readPackages(): Promise<readonly Package[]> {
  const { workspaces } = await readManifest('.')
  const folders = await Promise.all(workspaces.map(foldersOf))
  return Promise.all(folders.flat().map(readPackage))
}

/** The room that a file lies in, or its package where that has none. */
export function placeOf(file: string): string {
  const [folder, inside] = file.split('/src/')
  const shortName = folder?.split('/').at(-1) ?? ''
  if (!packagesWithRooms.includes(shortName)) return shortName
  const room = inside?.split('/')[0] ?? ''
  return `${shortName}/${room.replace(/\.ts$/, '')}`
}

async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema>> {
  return manifestSchema.parse(JSON.parse(await readFile(join(checkout, folder, 'package.json'), 'utf8')))
}

async function foldersOf(workspace: string): Promise<string[]> {
  if (!workspace.endsWith('/*')) return [workspace]
  const parent = dirname(workspace)
  const entries = await readdir(join(checkout, parent), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${parent}/${name}`)
}

async function readPackage(folder: string): Promise<Package> {
  const { name, dependencies, exports } = await readManifest(folder)
  const entries = Object.entries(exports).map(
    ([subpath, conditions]) =>
      [name + subpath.slice(1), join(folder, conditions['@auroracoder/source'])] satisfies [string, string],
  )
  return {
    folder,
    shortName: folder.split('/').at(-1) ?? folder,
    dependencies: Object.keys(dependencies),
    sources: await readSources(join(folder, 'src'), /\.ts$/),
    bins: await readSources(join(folder, 'bin'), /\.js$/),
    entries: new Map(entries),
  }
}

async function readSources(folder: string, pattern: RegExp): Promise<Source[]> {
  const absolute = join(checkout, folder)
  const entries = await readdir(absolute, { withFileTypes: true, recursive: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name))
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name)
      return parseSource(relative(checkout, file), await readFile(file, 'utf8'))
    }),
  )
}
