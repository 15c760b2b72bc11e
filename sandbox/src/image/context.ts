import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'
import { SandboxError } from '../sandbox.js'
import { readCertificates } from './certificates.js'
import { servers } from './layout.js'
import type { ImageOptions } from './options.js'

export interface ContextFile {
  /** In the context, with `/`. */
  path: string
  content: Buffer
}

/**
 * Everything that the image is built from, in the order of its paths. Files are named one by one or by folders that hold
 * only our own programs: nothing else of a checkout can get into an image.
 */
export async function readContext({
  caFile,
  checkout = ownCheckout,
}: Pick<ImageOptions, 'caFile' | 'checkout'>): Promise<ContextFile[]> {
  const parts = await Promise.all([
    filesIn({ folder: join(checkout, 'sandbox', 'image'), to: '', wanted: isImageFile }),
    manifests(checkout),
    ...[...servers, 'kit'].map((name) => builtServer(checkout, name)),
    networkPrograms(checkout),
    caFile === undefined ? [] : [{ path: 'ca/ca.crt', content: await readCertificates(caFile) }],
  ])
  return parts.flat().toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** This package's entry is `sandbox/dist/index.js`, also when this file has been bundled into a program. */
const ownCheckout = join(createRequire(import.meta.url).resolve('@auroracoder/sandbox'), '..', '..', '..')

function isImageFile(path: string): boolean {
  return (
    /^(?:Dockerfile|dpkg\.cfg|[^/]+\.c?js|packages\/[^/.]+|network\/package\.json)$/.test(path) &&
    !path.includes('.test.')
  )
}

/** npm installs from a lockfile only where every workspace that it names has its manifest. */
async function manifests(checkout: string): Promise<ContextFile[]> {
  const lockfile = await readFile(join(checkout, 'package-lock.json'))
  const { packages } = lockfileSchema.parse(JSON.parse(lockfile.toString()))
  const folders = Object.values(packages).flatMap(({ link, resolved }) => (link && resolved ? [resolved] : []))
  const paths = ['package.json', ...folders.map((folder) => `${folder}/package.json`)]
  const files = paths.map(async (path) => ({
    path: `manifests/${path}`,
    content: await readFile(join(checkout, path)),
  }))
  return [{ path: 'manifests/package-lock.json', content: lockfile }, ...(await Promise.all(files))]
}

const lockfileSchema = z.object({
  packages: z.record(z.string(), z.object({ link: z.boolean().optional(), resolved: z.string().optional() })),
})

async function builtServer(checkout: string, name: string): Promise<ContextFile[]> {
  const folder = `servers/${name}/dist`
  const entry = `${name === 'kit' ? 'index' : 'main'}.js`
  return builtFiles({ folder: join(checkout, folder), to: `built/${folder}/`, entry })
}

/** They need nothing but Node, and are copied as they are. */
async function networkPrograms(checkout: string): Promise<ContextFile[]> {
  const dist = join(checkout, 'sandbox', 'dist')
  const parts = await Promise.all([
    builtFiles({ folder: join(dist, 'inside'), to: 'network/inside/', entry: 'egress.js' }),
    builtFiles({ folder: join(dist, 'tunnel'), to: 'network/tunnel/', entry: 'session.js' }),
  ])
  return parts.flat()
}

async function builtFiles({ folder, to, entry }: Omit<Folder, 'wanted'> & { entry: string }): Promise<ContextFile[]> {
  const wanted = (path: string): boolean => path.endsWith('.js') && !/\.(?:test|fixture)\.js$/.test(path)
  const files = await filesIn({ folder, to, wanted })
  if (files.some(({ path }) => path === to + entry)) return files
  throw new SandboxError(`${folder} does not hold ${entry}. Run "npm run build" first.`)
}

interface Folder {
  folder: string
  /** What its files' paths begin with in the context. */
  to: string
  wanted(path: string): boolean
}

/** Nothing of a folder that is not there. Symbolic links are left out. */
async function filesIn({ folder, to, wanted }: Folder): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.path, entry.name))
    .filter((path) => wanted(withSlashes(path.slice(folder.length + 1))))
  return Promise.all(
    paths.map(async (path) => ({
      path: to + withSlashes(path.slice(folder.length + 1)),
      content: await readFile(path),
    })),
  )
}

function withSlashes(path: string): string {
  return path.replaceAll('\\', '/')
}
