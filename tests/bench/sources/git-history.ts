import { basename } from 'node:path'
import type { Random } from '../random.js'
import { runProgram } from '../run-program.js'
import { type FilePair, sourceText } from './file-pair.js'

/** Files as commits of a repository changed them, at random over its history. */
export async function gitHistoryPairs(request: { repo: string; limit: number; random: Random }): Promise<FilePair[]> {
  const { repo, limit, random } = request
  const changes = random.shuffled(await modifiedFiles(repo)).slice(0, limit)
  const blobs = await readBlobs(
    repo,
    changes.flatMap(({ before, after }) => [before, after]),
  )
  return changes.flatMap(({ path, before, after }) => {
    const [old, young] = [before, after].map((id) => sourceText(blobs.get(id) ?? Buffer.alloc(0)))
    if (!old || !young) return []
    return [{ source: `git history of ${basename(repo)}`, path, before: old, after: young }]
  })
}

interface Change {
  path: string
  /** Ids of blobs. */
  before: string
  after: string
}

async function modifiedFiles(repo: string): Promise<Change[]> {
  const format = ['--format=', '--raw', '--no-abbrev', '--no-renames', '--diff-filter=M']
  const args = ['-C', repo, '-c', 'core.quotepath=off', 'log', '--no-merges', '--max-count=5000', ...format]
  const output = await runProgram({ file: 'git', args })
  return output
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [, before, after, path] = /^:100\d{3} 100\d{3} ([0-9a-f]+) ([0-9a-f]+) M\t(.+)$/.exec(line) ?? []
      return before && after && path && !path.endsWith('package-lock.json') ? [{ path, before, after }] : []
    })
}

async function readBlobs(repo: string, ids: readonly string[]): Promise<Map<string, Buffer>> {
  const args = ['-C', repo, 'cat-file', '--batch']
  const output = await runProgram({ file: 'git', args, input: ids.map((id) => `${id}\n`).join('') })
  const blobs = new Map<string, Buffer>()
  let offset = 0
  while (offset < output.length) {
    const end = output.indexOf('\n', offset)
    const [id = '', , size] = output.toString('utf8', offset, end).split(' ')
    const start = end + 1
    blobs.set(id, output.subarray(start, start + Number(size)))
    offset = start + Number(size) + 1
  }
  return blobs
}
