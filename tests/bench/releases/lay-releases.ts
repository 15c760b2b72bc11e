import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runProgram } from '../run-program.js'
import { sourceText } from '../sources/file-pair.js'
import { listFiles } from '../sources/list-files.js'
import type { ReleasedPackage } from './released-packages.js'

interface LayRequest {
  released: ReleasedPackage
  /** In the order of the versions. */
  archives: readonly string[]
  /** An empty folder. */
  repo: string
}

/** The releases of a package as commits, which have the same ids wherever they are made. */
export async function layReleases({ released, archives, repo }: LayRequest): Promise<void> {
  await git(repo, ['init', '--quiet', '--initial-branch=main'])
  for (const [index, version] of released.versions.entries()) {
    const archive = archives[index]
    if (archive === undefined) throw new Error(`${released.name} ${version} has not been packed.`)
    const unpacked = await unpack(archive)
    await empty(repo)
    for (const path of await sourcesIn(unpacked, released)) await copySource(path, { from: unpacked, to: repo })
    await rm(unpacked, { recursive: true })
    await git(repo, ['add', '--all'])
    const message = `${released.name} ${version}`
    await git(repo, ['commit', '--quiet', '--allow-empty', '-m', message], { at: firstSecond + index })
  }
}

/** What is common to all: the archive has one folder. */
async function unpack(archive: string): Promise<string> {
  const folder = `${archive}-unpacked`
  await mkdir(folder)
  await runProgram({ file: 'tar', args: ['-xzf', archive, '-C', folder, '--strip-components=1'] })
  return folder
}

async function empty(repo: string): Promise<void> {
  const names = (await readdir(repo)).filter((name) => name !== '.git')
  await Promise.all(names.map((name) => rm(join(repo, name), { recursive: true })))
}

async function sourcesIn(folder: string, { sources }: ReleasedPackage): Promise<string[]> {
  const paths = await listFiles({ folder, pattern: /\.([cm]?js|ts)$/, except: /^(dist|node_modules)$/ })
  return paths.filter((path) => sources.some((source) => path === source || path.startsWith(`${source}/`)))
}

const generated = /auto-?generated|generated (by|from)|do not (edit|modify)/i
/** Lines at a file's beginning in which it says that it is generated. */
const headLines = 5

async function copySource(path: string, { from, to }: { from: string; to: string }): Promise<void> {
  const text = sourceText(await readFile(join(from, path)))
  if (text === undefined || generated.test(text.split('\n', headLines).join('\n'))) return
  const file = join(to, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** Of 2000-01-01, UTC. */
const firstSecond = 946_684_800

/** With nobody's own settings. */
async function git(repo: string, args: readonly string[], { at = firstSecond } = {}): Promise<void> {
  const date = `${at} +0000`
  const person = { NAME: 'Releases', EMAIL: 'releases@localhost', DATE: date }
  const people = Object.entries(person).flatMap(([name, value]) => [
    [`GIT_AUTHOR_${name}`, value],
    [`GIT_COMMITTER_${name}`, value],
  ])
  const settings = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const env = { ...process.env, ...settings, ...Object.fromEntries(people) }
  await runProgram({ file: 'git', args: ['-C', repo, '-c', 'gc.auto=0', ...args], env })
}
