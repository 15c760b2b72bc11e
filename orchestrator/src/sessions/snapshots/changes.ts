import type { Git } from './git.js'

/** One entry of git's raw diff; paths are text whose characters are bytes. */
export interface Change {
  status: 'A' | 'M' | 'D' | 'T' | 'R'
  path: string
  oldPath?: string
  mode: string
  oldMode: string
  blob: string
  oldBlob: string
}

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** From tree to tree; `undefined` stands for an empty one. */
export async function listChanges(
  git: Git,
  {
    from,
    to,
    path,
    renames = false,
  }: { from: string | undefined; to: string; path?: string | undefined; renames?: boolean },
): Promise<Change[]> {
  const base = from ?? emptyTree
  const which = path === undefined ? [] : ['--', path]
  const find = renames ? ['--find-renames', '-l1000'] : ['--no-renames']
  const fields = (await git.run(['diff-tree', '-r', '-z', '--raw', '--no-abbrev', ...find, base, to, ...which])).split(
    '\0',
  )
  const changes: Change[] = []
  for (let at = 0; at + 1 < fields.length; ) {
    const [oldMode = '', mode = '', oldBlob = '', blob = '', letter = ''] = (fields[at] ?? '').slice(1).split(' ')
    const first = fields[at + 1] ?? ''
    const status = statuses.find((known) => letter.startsWith(known))
    if (status === undefined) throw new Error(`git diff-tree told of a change "${letter}" that is not known.`)
    const parts = { status, mode, oldMode, blob, oldBlob }
    if (status === 'R') changes.push({ ...parts, oldPath: first, path: fields[at + 2] ?? '' })
    else changes.push({ ...parts, path: first })
    at += status === 'R' ? 3 : 2
  }
  return changes
}

const statuses = ['A', 'M', 'D', 'T', 'R'] as const
