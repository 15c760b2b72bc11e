import { closeSync, type Dirent, fstatSync, lstatSync, readdirSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Jail } from '@auroracoder/kit/jail'
import { stagingPrefix } from '../staging-name.js'
import { treeEntriesMax } from './limits.js'
import { explained, openInside, parsePath, refused } from './paths.js'

export interface TreeEntry {
  /** From the workspace's root. */
  path: string
  type: 'file' | 'folder' | 'link' | 'other'
  bytes: number
  /** When it was last changed, in ISO 8601. */
  mtime: string
}

export interface TreeView {
  path: string
  /** By level, so that what is cut is the deepest; by name in each folder. */
  entries: TreeEntry[]
  /** Folders of which some entries are not shown, because there were more than `treeEntriesMax` in all. */
  cut: { path: string; missing: number }[]
}

/** Links are shown and not followed, and `.git` is not opened unless it is asked for. */
export async function listTree(jail: Jail, { path, depth }: { path: string; depth: number }): Promise<TreeView> {
  const start = parsePath(path).join('/')
  const view: TreeView = { path: start, entries: [], cut: [] }
  let level = [start]
  for (let below = depth; below > 0 && level.length > 0; below -= 1) {
    const next: string[] = []
    for (const folder of level) {
      await breathe()
      // A folder that goes while we look is not there to be shown; the one that was asked for has to be.
      const found = await list(jail, folder).catch((error: unknown) => {
        if (folder === start) throw error
        return []
      })
      const room = treeEntriesMax - view.entries.length
      view.entries.push(...found.slice(0, room))
      if (found.length > room) view.cut.push({ path: folder, missing: found.length - room })
      next.push(
        ...found
          .slice(0, room)
          .filter(isOpened)
          .map((entry) => entry.path),
      )
    }
    level = next
  }
  return view
}

async function list(jail: Jail, folder: string): Promise<TreeEntry[]> {
  const fd = await openInside(jail, folder)
  try {
    if (!fstatSync(fd).isDirectory()) throw refused('path_conflict', folder, 'Expected a folder, found a file')
    const base = process.platform === 'linux' ? `/proc/self/fd/${fd}` : await jail.resolve(folder === '' ? '.' : folder)
    const found = await explained(folder, () => readdirSync(base, { withFileTypes: true }))
    return found
      .filter(({ name }) => !name.startsWith(stagingPrefix))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .flatMap((entry) => describe(base, folder, entry))
  } finally {
    closeSync(fd)
  }
}

function describe(base: string, folder: string, entry: Dirent): TreeEntry[] {
  const found = lstatSync(`${base}/${entry.name}`, { throwIfNoEntry: false })
  if (found === undefined) return []
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`
  return [{ path, type: typeOf(entry), bytes: found.size, mtime: found.mtime.toISOString() }]
}

function typeOf(entry: Dirent): TreeEntry['type'] {
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isDirectory()) return 'folder'
  return entry.isFile() ? 'file' : 'other'
}

function isOpened({ type, path }: TreeEntry): boolean {
  return type === 'folder' && path !== '.git' && !path.endsWith('/.git')
}
