import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../run-program.js'
import type { FilePair } from './file-pair.js'

export interface Op {
  readonly kind: 'keep' | 'remove' | 'add'
  readonly text: string
}

/** One change of a file, with the lines around it that a diff shows. */
export interface Hunk {
  readonly source: string
  readonly path: string
  /** The file before, all of it. */
  readonly lines: readonly string[]
  readonly finalNewline: boolean
  /** 0-based, in `lines`. */
  readonly start: number
  readonly ops: readonly Op[]
}

const contextLines = 3

/** The hunks of every pair, by git's own diff. */
export async function hunksOf(pairs: readonly FilePair[], scratch: string): Promise<Hunk[][]> {
  const folder = await mkdtemp(join(scratch, 'pairs-'))
  try {
    await Promise.all(['a', 'b'].map((side) => mkdir(join(folder, side))))
    for (const [index, { before, after }] of pairs.entries()) {
      await writeFile(join(folder, 'a', `${index}`), before)
      await writeFile(join(folder, 'b', `${index}`), after)
    }
    const parts = partsOf(await diffFolders(folder))
    return pairs.map((pair, index) => hunksIn(pair, parts.get(index) ?? []))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** With nobody's own settings. */
async function diffFolders(folder: string): Promise<string> {
  const format = ['--no-color', '--no-ext-diff', '--no-renames', '--no-prefix', '--text', `--unified=${contextLines}`]
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const args = ['diff', '--no-index', ...format, 'a', 'b']
  return (await runProgram({ file: 'git', args, cwd: folder, env, codes: [0, 1] })).toString()
}

/** The lines of a diff of two folders, by the number that names the file. */
function partsOf(diff: string): Map<number, string[]> {
  const parts = new Map<number, string[]>()
  let part: string[] = []
  for (const line of diff.split('\n').slice(0, -1)) {
    const name = /^diff --git a\/(\d+) b\/\d+$/.exec(line)?.[1]
    if (name !== undefined) {
      part = []
      parts.set(Number(name), part)
    }
    part.push(line)
  }
  return parts
}

function hunksIn({ source, path, before }: FilePair, part: readonly string[]): Hunk[] {
  const finalNewline = before.endsWith('\n')
  const lines = before.split('\n')
  if (finalNewline) lines.pop()
  const hunks: Hunk[] = []
  for (let at = 0; at < part.length; at += 1) {
    const start = /^@@ -(\d+)(?:,\d+)? \+/.exec(part[at] ?? '')?.[1]
    if (start === undefined) continue
    const body = part.slice(at + 1)
    const end = body.findIndex((line) => line.startsWith('@@ '))
    const own = end < 0 ? body : body.slice(0, end)
    // A change of the final newline is a matter of its own.
    if (own.some((line) => line.startsWith('\\'))) continue
    hunks.push({ source, path, lines, finalNewline, start: Number(start) - 1, ops: own.map(opOf) })
  }
  return hunks
}

function opOf(line: string): Op {
  const kinds = { ' ': 'keep', '-': 'remove', '+': 'add' } as const
  const mark = line[0]
  if (mark !== ' ' && mark !== '-' && mark !== '+') throw new Error(`git's diff has a line that is not one: "${line}".`)
  return { kind: kinds[mark], text: line.slice(1) }
}
