import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../random.js'
import type { FilePair } from './file-pair.js'
import { gitHistoryPairs } from './git-history.js'
import { seededChangePairs } from './seeded-changes.js'
import { type TwoVersions, twoVersionsPairs } from './two-versions.js'

export interface SourcesRequest {
  readonly checkout: string
  /** Repositories beside the checkout's own. */
  readonly repos: readonly string[]
  /** From each source at most so many files. */
  readonly limit: number
  readonly random: Random
}

/** Changed files of several languages, from what is on this machine already: nothing is fetched. */
export async function readSources({ checkout, repos, limit, random }: SourcesRequest): Promise<FilePair[][]> {
  const amount = { limit, random }
  const fromGit = []
  for (const repo of [checkout, ...repos]) fromGit.push(await gitHistoryPairs({ repo, ...amount }))
  const packages = join(checkout, 'node_modules')
  const sources = [
    ...fromGit,
    await pythonPairs(amount),
    await headerPairs(amount),
    await seededChangePairs(
      { source: 'documents of packages', folder: packages, pattern: /\.(md|ya?ml|css)$/ },
      amount,
    ),
    await seededChangePairs({ source: 'scripts of packages', folder: packages, pattern: /\.[cm]?js$/ }, amount),
  ]
  return sources.filter((pairs) => pairs.length > 0)
}

type Amount = Pick<SourcesRequest, 'limit' | 'random'>

const pythonFiles = { pattern: /\.py$/, except: /^(site-packages|dist-packages|test|tests|idle_test|__pycache__)$/ }

async function pythonPairs(amount: Amount): Promise<FilePair[]> {
  const folders = await pythonFolders('lib')
  const source = "Python's standard library"
  const real = await consecutivePairs(folders, { source, ...pythonFiles }, amount)
  if (real.length > 0 || !folders[0]) return real
  return seededChangePairs({ source: `${source}, changed by seed`, folder: folders[0], ...pythonFiles }, amount)
}

async function headerPairs(amount: Amount): Promise<FilePair[]> {
  const pattern = /\.(h|hpp)$/
  const real = await consecutivePairs(await pythonFolders('include'), { source: "Python's C headers", pattern }, amount)
  if (real.length > 0) return real
  return seededChangePairs({ source: 'C headers, changed by seed', folder: '/usr/include', pattern }, amount)
}

/** A share from each two neighbouring versions. */
async function consecutivePairs(
  folders: readonly string[],
  query: Omit<TwoVersions, 'older' | 'newer'>,
  { limit, random }: Amount,
): Promise<FilePair[]> {
  const pairs: FilePair[] = []
  const share = Math.ceil(limit / Math.max(1, folders.length - 1))
  for (const [index, newer] of folders.entries()) {
    const older = folders[index - 1]
    if (older) pairs.push(...(await twoVersionsPairs({ ...query, older, newer }, { limit: share, random })))
  }
  return pairs
}

/** Of every Python 3 that is installed, one for each minor version, oldest first. */
async function pythonFolders(kind: 'lib' | 'include'): Promise<string[]> {
  const versions = join(homedir(), '.pyenv/versions')
  const managed = (await namesIn(versions)).map((name) => join(versions, name))
  const byMinor = new Map<number, string>()
  for (const prefix of ['/usr', '/usr/local', ...managed]) {
    for (const name of await namesIn(join(prefix, kind))) {
      const minor = /^python3\.(\d+)$/.exec(name)?.[1]
      if (minor !== undefined) byMinor.set(Number(minor), join(prefix, kind, name))
    }
  }
  return [...byMinor].sort(([one], [other]) => one - other).map(([, folder]) => folder)
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}
