import type { Dirent } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { IgnoreRules } from './ignore-rules.js'

export interface TreeOptions {
  readonly directory: string
  /** 1: the entries of the directory itself. */
  readonly depth: number
  /** `undefined`: nothing is left out. */
  readonly rules: IgnoreRules | undefined
  readonly signal: AbortSignal
}

export interface Tree {
  readonly entries: readonly Entry[]
  /** Entries that the ignore files leave out, in the directories that were listed. */
  readonly ignored: number
  /** Entries beyond the limits. */
  readonly left: number
}

export interface Entry {
  readonly name: string
  /** 0 for an entry of the directory itself. */
  readonly level: number
  readonly kind: EntryKind
  /** What a symlink points to. */
  readonly target?: string
  /** Of a file. */
  readonly size?: number
  /** Set on a directory whose entries are not listed, because it is deeper than asked for. */
  readonly closed?: boolean
}

export type EntryKind = 'file' | 'directory' | 'symlink' | 'broken symlink' | 'other'

export const entriesMax = 1_000
export const entriesPerDirectoryMax = 200

/** What is in a directory, in the order of names, directories first. */
export async function listTree({ directory, depth, rules, signal }: TreeOptions): Promise<Tree> {
  const entries: Entry[] = []
  let ignored = 0
  let left = 0

  const visit = async (path: string, level: number, inner: IgnoreRules | undefined): Promise<void> => {
    signal.throwIfAborted()
    const found = await readdir(path, { withFileTypes: true })
    const wanted = found.filter((entry) => !isLeftOut(entry, path, inner))
    ignored += found.length - wanted.length
    const sorted = wanted.sort(byKindAndName)
    left += Math.max(sorted.length - entriesPerDirectoryMax, 0)
    for (const [index, entry] of sorted.slice(0, entriesPerDirectoryMax).entries()) {
      if (entries.length >= entriesMax) {
        left += Math.min(sorted.length, entriesPerDirectoryMax) - index
        return
      }
      const child = join(path, entry.name)
      const opens = entry.isDirectory() && level + 1 < depth
      entries.push(await describe(entry, child, { level, closed: entry.isDirectory() && !opens }))
      // A directory that may not be read is listed without its entries.
      if (opens) await visit(child, level + 1, await inner?.below(child)).catch(rethrowAbort(signal))
    }
  }

  await visit(directory, 0, rules)
  return { entries, ignored, left }
}

function rethrowAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (signal.aborted) throw error
  }
}

function isLeftOut(entry: Dirent, parent: string, rules: IgnoreRules | undefined): boolean {
  if (!rules) return false
  if (entry.name === '.git') return true
  return rules.isIgnored(join(parent, entry.name), entry.isDirectory())
}

function byKindAndName(left: Dirent, right: Dirent): number {
  const kinds = Number(right.isDirectory()) - Number(left.isDirectory())
  if (kinds !== 0) return kinds
  return left.name < right.name ? -1 : 1
}

interface Placing {
  level: number
  closed: boolean
}

async function describe(entry: Dirent, path: string, { level, closed }: Placing): Promise<Entry> {
  const { name } = entry
  if (entry.isDirectory()) return { name, level, kind: 'directory', ...(closed ? { closed } : {}) }
  if (entry.isSymbolicLink()) {
    const target = await readlink(path).catch(() => '?')
    const works = await stat(path).then(
      () => true,
      () => false,
    )
    return { name, level, kind: works ? 'symlink' : 'broken symlink', target }
  }
  if (!entry.isFile()) return { name, level, kind: 'other' }
  const size = await lstat(path).then(
    (stats) => stats.size,
    () => undefined,
  )
  return { name, level, kind: 'file', ...(size === undefined ? {} : { size }) }
}
