import { type Change, listChanges } from './changes.js'
import type { Git } from './git.js'
import { shown } from './left.js'
import { diffBytesMax } from './limits.js'

export interface FileDiff {
  path: string
  /** Where it was, of a renamed file. */
  oldPath?: string
  /** `mode`: the same content, now executable or no longer so. `type`: a file became a link, or a link a file. */
  status: 'added' | 'modified' | 'deleted' | 'renamed' | 'mode' | 'type'
  oldMode?: string
  mode?: string
  binary: boolean
  /** A unified diff with its head; what was beyond the limit is missing from it. */
  text: string
  cut: boolean
}

export interface Diff {
  files: FileDiff[]
  /** All of it as one unified diff. */
  text: string
  /** There was more than `bytesMax`. */
  cut: boolean
}

export interface DiffOptions {
  /** Only this file or folder. */
  pathFilter?: string | undefined
  bytesMax?: number | undefined
}

export async function diffTrees(
  git: Git,
  { from, to, pathFilter: path, bytesMax = diffBytesMax }: DiffOptions & { from: string; to: string },
): Promise<Diff> {
  const changes = await listChanges(git, { from, to, path, renames: true })
  const which = path === undefined ? [] : ['--', path]
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--find-renames', '-l1000']
  const { bytes, cut } = await git.head(['diff-tree', '-r', '-p', ...plain, from, to, ...which], bytesMax)
  const patches = split(bytes.toString())
  const files = changes.map((change) => {
    // A change of type is told as a deletion and an addition.
    const own = patches.splice(0, change.status === 'T' ? 2 : 1)
    return toFileDiff(change, own.join(''), cut && patches.length === 0)
  })
  return { files, text: bytes.toString(), cut }
}

/** A line of content never begins with "diff": it has a space, a sign or a backslash before it. */
function split(text: string): string[] {
  return text.split(/^(?=diff --git )/m).filter((patch) => patch !== '')
}

function toFileDiff(change: Change, text: string, cut: boolean): FileDiff {
  const { status, path, oldPath, mode, oldMode } = change
  return {
    path: shown(path),
    ...(oldPath === undefined ? {} : { oldPath: shown(oldPath) }),
    status: status === 'M' && change.blob === change.oldBlob ? 'mode' : words[status],
    ...(oldMode === absent ? {} : { oldMode }),
    ...(mode === absent ? {} : { mode }),
    binary: /^Binary files .* differ$/m.test(text),
    text,
    cut,
  }
}

const absent = '000000'
const words = { A: 'added', M: 'modified', D: 'deleted', T: 'type', R: 'renamed' } as const
