import { runProgram } from '../run-program.js'
import { sourceText } from '../sources/file-pair.js'

/** A commit with one parent, and what it did to the text files. */
export interface Commit {
  readonly id: string
  readonly parent: string
  readonly changes: readonly FileChange[]
}

/** `undefined` before: the file is new; after: it is gone. */
export interface FileChange {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Lines of commits, oldest first, in which each is the parent of the next; none is in two of them. */
export async function readLines(repo: string): Promise<string[][]> {
  const output = await git(repo, ['rev-list', '--all', '--parents', '--topo-order'])
  const parents = new Map<string, string[]>()
  for (const line of output.toString().trim().split('\n')) {
    const [id = '', ...own] = line.split(' ')
    parents.set(id, own)
  }
  const used = new Set<string>()
  const lines: string[][] = []
  // The newest commits come first, so every line is as long as it can be.
  for (const newest of parents.keys()) {
    const line: string[] = []
    for (let id: string | undefined = newest; id !== undefined && !used.has(id); ) {
      const [parent, second]: readonly string[] = parents.get(id) ?? []
      if (parent === undefined || second !== undefined) break
      line.unshift(id)
      used.add(id)
      id = parent
    }
    if (line.length > 0) lines.push(line)
  }
  return lines
}

export async function readCommit(repo: string, id: string): Promise<Commit> {
  const raw = await git(repo, ['diff-tree', '-r', '--raw', '--no-abbrev', '--no-renames', '--no-commit-id', '-z', id])
  const [parent = ''] = (await git(repo, ['rev-parse', `${id}^`])).toString().trim().split('\n')
  const fields = raw.toString().split('\0')
  const changes: FileChange[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', before = '', after = ''] = (fields[at] ?? '').slice(1).split(' ')
    const path = fields[at + 1] ?? ''
    const isPlain = [oldMode, newMode].every((mode) => /^(100\d{3}|0+)$/.test(mode))
    if (isPlain) changes.push({ path, before: await textOf(repo, before), after: await textOf(repo, after) })
  }
  return { id, parent, changes: changes.filter(({ before, after }) => before !== after) }
}

/** Lays the files as they were at a commit into an empty folder. */
export async function checkOut(repo: string, { commit, folder }: { commit: string; folder: string }): Promise<void> {
  const archive = `${folder}.tar`
  await git(repo, ['archive', '--format=tar', `--output=${archive}`, commit])
  await runProgram({ file: 'tar', args: ['-xf', archive, '-C', folder] })
}

/** `undefined` where there is no such side, or nothing that a person would edit. */
async function textOf(repo: string, blob: string): Promise<string | undefined> {
  return /^0+$/.test(blob) ? undefined : sourceText(await git(repo, ['cat-file', 'blob', blob]))
}

function git(repo: string, args: readonly string[]): Promise<Buffer> {
  return runProgram({ file: 'git', args: ['-C', repo, ...args] })
}
