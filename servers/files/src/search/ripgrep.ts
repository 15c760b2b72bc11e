import { spawn } from 'node:child_process'
import { Failure } from '@auroracoder/kit'
import { z } from 'zod'
import { linesOfStream } from './stream-lines.js'

export interface Search {
  readonly pattern: string
  /** Directories or files, real paths. */
  readonly paths: readonly string[]
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly caseSensitive: boolean
  readonly fixedStrings: boolean
  readonly fileBytesMax: number
  readonly signal: AbortSignal
}

/** A matching line as ripgrep counts lines: by LF alone. */
export interface Match {
  readonly path: string
  /** 1-based. */
  readonly line: number
  /** Lone carriage returns of the line that come before each match in it: there a line of ours begins. */
  readonly rows: readonly number[]
}

export interface SearchResult {
  readonly matches: readonly Match[]
  /** False when the search was stopped at a limit. */
  readonly complete: boolean
}

/** Matching lines after which a search stops: nobody reads on, the pattern is too wide. */
export const matchesMax = 5_000
const searchTimeoutMs = 30_000
const stderrCharsMax = 2_000

/** Runs ripgrep itself. Throws `Failure` for a pattern or glob that it cannot read. */
export async function searchFiles(search: Search): Promise<SearchResult> {
  const { rgPath } = await import('@vscode/ripgrep')
  const timeout = AbortSignal.timeout(searchTimeoutMs)
  const child = spawn(rgPath, argumentsOf(search), {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([search.signal, timeout]),
  })
  // Never rejects: nobody listens to it while the matches are read, and that would end the process.
  const ended = new Promise<number | null | Error>((resolve) => {
    child.on('error', resolve)
    child.on('close', resolve)
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, stderrCharsMax)
  })
  const matches: Match[] = []
  let complete = true
  try {
    for await (const line of linesOfStream(child.stdout)) {
      const match = readMatch(line)
      if (match) matches.push(match)
      if (matches.length >= matchesMax) {
        complete = false
        break
      }
    }
  } finally {
    if (!complete) child.kill()
  }
  const code = await ended
  if (code instanceof Error && !timeout.aborted) throw code
  if (code instanceof Error) return { matches, complete: false }
  // 2 with matches: some files could not be read, which is no reason to drop the others.
  if (code === 2 && matches.length === 0) throw new Failure(refusal(search, stderr))
  return { matches, complete }
}

function argumentsOf(search: Search): string[] {
  return [
    '--json',
    '--no-config',
    '--no-require-git',
    '--hidden',
    '--crlf',
    '--engine=auto',
    search.caseSensitive ? '--case-sensitive' : '--ignore-case',
    `--max-filesize=${search.fileBytesMax}`,
    ...(search.fixedStrings ? ['--fixed-strings'] : []),
    ...includeArguments(search.include),
    ...search.exclude.map((glob) => `--glob=!${atAnyDepth(glob)}`),
    '--glob=!.git',
    `--regexp=${search.pattern}`,
    '--',
    ...search.paths,
  ]
}

/**
 * As a file type where that can say it: a type leaves the ignore files in force, while a glob would bring back what
 * they name. Types know only file names, so globs with a directory in them stay globs.
 */
function includeArguments(globs: readonly string[]): string[] {
  const names = globs.map((glob) => glob.replace(/^\*\*\//, ''))
  const areNames = names.every((name) => !/[/!:]/.test(name))
  if (!areNames) return globs.map((glob) => `--glob=${atAnyDepth(glob)}`)
  return [...names.map((name) => `--type-add=wanted:${name}`), ...(names.length > 0 ? ['--type=wanted'] : [])]
}

/** ripgrep would anchor a glob with a directory in it to its own working directory. */
function atAnyDepth(glob: string): string {
  return glob.includes('/') && !glob.startsWith('**/') ? `**/${glob.replace(/^(?:\.?\/)+/, '')}` : glob
}

/** ripgrep sends as base64 what is not UTF-8. */
const bytesSchema = z.union([
  z.object({ text: z.string() }).transform(({ text }) => Buffer.from(text)),
  z.object({ bytes: z.string() }).transform(({ bytes }) => Buffer.from(bytes, 'base64')),
])
const messageSchema = z.object({
  data: z.object({
    path: bytesSchema,
    lines: bytesSchema,
    line_number: z.int(),
    submatches: z.array(z.object({ start: z.int() })),
  }),
})

function readMatch(line: string): Match | undefined {
  if (!line.startsWith('{"type":"match"')) return undefined
  const { data } = messageSchema.parse(JSON.parse(line))
  const rows = data.submatches.map(({ start }) => loneCarriageReturns(data.lines, start))
  return { path: data.path.toString(), line: data.line_number, rows: [...new Set(rows)] }
}

function loneCarriageReturns(bytes: Buffer, end: number): number {
  let count = 0
  for (let at = bytes.indexOf(0x0d); at >= 0 && at < end; at = bytes.indexOf(0x0d, at + 1)) {
    if (bytes[at + 1] !== 0x0a) count += 1
  }
  return count
}

function refusal({ fixedStrings }: Search, stderr: string): string {
  const message = stderr.replace(/^rg: /, '').trim()
  const hint = fixedStrings ? '' : ' To search for the text itself, set "fixed_strings": true.'
  return `ripgrep refused the search:\n${message}\n${hint.trim()}`.trim()
}
