import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export const treeDepthMax = 4
export const treeEntriesMax = 400
export const folderEntriesMax = 60

/** Folders whose content nobody wrote by hand; they are named and not opened. */
const unopened = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
  '.cache',
  '.turbo',
  '.next',
  'dist',
  'build',
  'target',
  'vendor',
  'coverage',
])

interface Folder {
  path: string
  entries: Entry[]
  /** Entries that are not shown; undefined for a folder that cannot be read. */
  hidden: number | undefined
}

interface Entry {
  label: string
  folder: Folder | undefined
}

/**
 * The files of a workspace as an indented list, folders first; links are named and not followed. Read level by level,
 * so that where the limit cuts, it cuts the deepest.
 */
export async function workspaceTree(root: string): Promise<string> {
  const top = folderAt(root)
  let level = [top]
  let left = treeEntriesMax
  for (let depth = 1; depth <= treeDepthMax && level.length > 0; depth += 1) {
    const next: Folder[] = []
    for (const folder of level) {
      await fill(folder, { max: Math.min(folderEntriesMax, left), openFolders: depth < treeDepthMax })
      left -= folder.entries.length
      next.push(...folder.entries.flatMap((entry) => entry.folder ?? []))
    }
    level = next
  }
  return render(top, '').join('\n')
}

function folderAt(path: string): Folder {
  return { path, entries: [], hidden: 0 }
}

async function fill(folder: Folder, { max, openFolders }: { max: number; openFolders: boolean }): Promise<void> {
  const found = await readdir(folder.path, { withFileTypes: true }).catch(() => undefined)
  found?.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || compare(a.name, b.name))
  const shown = found?.slice(0, max) ?? []
  folder.hidden = found && found.length - shown.length
  folder.entries = shown.map((entry) => {
    const opens = entry.isDirectory() && openFolders && !unopened.has(entry.name)
    const suffix = entry.isDirectory() ? '/' : entry.isSymbolicLink() ? ' (link)' : ''
    return {
      label: printable(entry.name) + suffix,
      folder: opens ? folderAt(join(folder.path, entry.name)) : undefined,
    }
  })
}

function render({ entries, hidden }: Folder, indent: string): string[] {
  const lines = entries.flatMap(({ label, folder }) => [
    indent + label,
    ...(folder ? render(folder, `${indent}  `) : []),
  ])
  if (hidden === undefined) lines.push(`${indent}(cannot be read)`)
  else if (hidden > 0) lines.push(`${indent}(${hidden} more)`)
  return lines
}

/** By code unit: the order may not depend on the machine's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A file name may hold line feeds; it may not forge lines of this list. */
function printable(name: string): string {
  return /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name) ? JSON.stringify(name) : name
}
