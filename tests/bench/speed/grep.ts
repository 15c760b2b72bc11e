import { cp, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rgPath } from '@vscode/ripgrep'
import type { ToolServer } from '../mcp/tool-server.js'
import { runProgram } from '../run-program.js'
import { listFiles } from '../sources/list-files.js'
import { type Sampling, sampleInTurns, type Timing } from './sample.js'

const corpusFiles = 4_000

/** Sources of installed packages, as a workspace to search in. */
export async function layCorpus(root: string, checkout: string): Promise<{ files: number; bytes: number }> {
  const from = join(checkout, 'node_modules')
  const paths = (await listFiles({ folder: from, pattern: /\.([cm]?[jt]s|md|json)$/ })).slice(0, corpusFiles)
  let bytes = 0
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await cp(join(from, path), join(root, path))
    bytes += (await stat(join(root, path))).size
  }
  return { files: paths.length, bytes }
}

export interface Searched {
  readonly what: string
  readonly pattern: string
  readonly ours: Timing
  readonly ripgrep: Timing
}

const patterns = {
  'nothing found': 'no_such_word_in_any_file',
  'a rare word': 'allowUnsafeEval',
  'a regular expression': 'export (async )?function create[A-Z]\\w+',
  'a frequent word': 'return',
}

/** Our tool against ripgrep as a person would start it; both print everything that they find up to their limits. */
export async function measureGrep(request: {
  server: ToolServer
  root: string
  sampling: Sampling
}): Promise<Searched[]> {
  const { server, root, sampling } = request
  const searched: Searched[] = []
  for (const [what, pattern] of Object.entries(patterns)) {
    const answer = await server.call({ name: 'grep_search', args: { pattern } })
    if (!answer.ok) throw new Error(`grep_search failed: ${answer.text.slice(0, 500)}`)
    const timings = await sampleInTurns(
      [
        { label: 'ours', run: async () => void (await server.call({ name: 'grep_search', args: { pattern } })) },
        { label: 'ripgrep', run: () => runRipgrep(pattern, root) },
      ],
      sampling,
    )
    const [ours, ripgrep] = [timings.get('ours'), timings.get('ripgrep')]
    if (ours && ripgrep) searched.push({ what, pattern, ours, ripgrep })
  }
  return searched
}

async function runRipgrep(pattern: string, root: string): Promise<void> {
  const args = ['--line-number', '--no-heading', '--color=never', '--no-config', '--', pattern, root]
  await runProgram({ file: rgPath, args, codes: [0, 1] })
}
