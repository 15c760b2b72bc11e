import { stat } from 'node:fs/promises'
import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { suggestion } from '../disk/near-names.js'
import { fileBytesMax, readFile } from '../disk/read.js'
import { matchingLines } from '../search/matching-lines.js'
import { type Match, matchesMax, type SearchResult, searchFiles } from '../search/ripgrep.js'
import { parseDocument, type TextDocument } from '../text/document.js'
import type { Workspace } from '../workspace.js'
import { renderMatches } from './grep-lines.js'
import { asBoolean, asList, asNumber, renamed } from './habits.js'

const limitDefault = 100
const limitMax = 1_000
const contextMax = 10
const frameChars = 600

export function grepSearchTool({ jail }: Workspace): Tool {
  return defineTool({
    name: 'grep_search',
    title: 'Search file contents',
    description: `Search the content of files with ripgrep (regular expressions of Rust; look-around works too). Line by line, so a pattern cannot span lines. Grouped by file with line numbers: "12:" a match, "13-" context. What .gitignore names and binary files are skipped.`,
    input: {
      pattern: z.string().min(1).describe('Regular expression.'),
      path: z.string().min(1).optional().describe('Directory or file. Default: all roots.'),
      include: z.array(z.string().min(1)).optional().describe('Only files that match one of these globs, e.g. "*.ts".'),
      exclude: z.array(z.string().min(1)).optional().describe('Skip files that match one of these.'),
      case_sensitive: z.boolean().default(true).describe('Default true.'),
      fixed_strings: z.boolean().default(false).describe('Literal text. Default false.'),
      context: z
        .int()
        .min(0)
        .max(contextMax)
        .default(0)
        .describe(`Lines around a match, 0 to ${contextMax}. Default 0.`),
      limit: z.int().min(1).max(limitMax).default(limitDefault).describe(`1 to ${limitMax}. Default ${limitDefault}.`),
    },
    example: { pattern: 'function \\w+', include: ['*.ts'], context: 2 },
    accept,
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler(input, call) {
      const result = await searchFiles({
        pattern: input.pattern,
        paths: await searchPaths(jail, input.path),
        include: input.include ?? [],
        exclude: input.exclude ?? [],
        caseSensitive: input.case_sensitive,
        fixedStrings: input.fixed_strings,
        fileBytesMax,
        signal: call.signal,
      })
      await tell({ jail, call, result, context: input.context, limit: input.limit })
      call.reply.applied(canonical(input))
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, {
    pattern: ['query', 'regex', 'regexp', 'search'],
    path: ['directory', 'dir', 'dir_path', 'search_path'],
    include: ['include_pattern', 'includes', 'glob', 'file_pattern'],
    exclude: ['exclude_pattern', 'excludes'],
    case_sensitive: ['caseSensitive'],
    fixed_strings: ['fixedStrings', 'literal'],
    context: ['context_lines'],
    limit: ['max_results', 'head_limit'],
  })
  const listed = { include: asList(args.include), exclude: asList(args.exclude) }
  const booleans = { case_sensitive: asBoolean(args.case_sensitive), fixed_strings: asBoolean(args.fixed_strings) }
  const numbers = { context: asNumber(args.context), limit: asNumber(args.limit) }
  return withoutUndefined({ ...args, ...listed, ...booleans, ...numbers })
}

function withoutUndefined(args: Arguments): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined && value !== ''))
}

/** Without what is the default anyway. */
function canonical(input: Arguments): Arguments {
  const defaults: Arguments = { case_sensitive: true, fixed_strings: false, context: 0, limit: limitDefault }
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => value !== undefined && value !== defaults[name]),
  )
}

async function searchPaths(jail: Jail, path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return jail.roots
  const real = await jail.resolve(path)
  const exists = await stat(real).then(
    () => true,
    () => false,
  )
  if (!exists) throw new Failure(`"${jail.display(real)}" does not exist.${await suggestion(jail, real)}`)
  return [real]
}

interface Telling {
  jail: Jail
  call: Call
  result: SearchResult
  context: number
  limit: number
}

async function tell({ jail, call, result, context, limit }: Telling): Promise<void> {
  const byFile = groupByFile(result.matches)
  const blocks: string[] = []
  let room = call.outputCharsMax - frameChars
  let shown = 0
  let files = 0
  for (const path of [...byFile.keys()].sort()) {
    if (shown >= limit || room <= 0) break
    const document = await readDocument(jail, path)
    if (!document) continue
    const lines = matchingLines(document, byFile.get(path) ?? [])
    const block = renderMatches({ document, lines: lines.slice(0, limit - shown), context, charsMax: room })
    if (block.count === 0) break
    blocks.push(`${jail.display(path)}\n${block.text}`)
    room -= block.text.length
    shown += block.count
    files += 1
  }
  call.reply.text([...blocks, summary({ result, shown, files, fileCount: byFile.size })].join('\n\n'))
  call.reply.result({ matches: result.matches.length, files: byFile.size, shown, complete: result.complete })
}

function groupByFile(matches: readonly Match[]): Map<string, Match[]> {
  const byFile = new Map<string, Match[]>()
  for (const match of matches) {
    const group = byFile.get(match.path)
    if (group) group.push(match)
    else byFile.set(match.path, [match])
  }
  return byFile
}

/** A file that has gone meanwhile, or is not text, is not shown. */
async function readDocument(jail: Jail, path: string): Promise<TextDocument | undefined> {
  const content = await readFile(jail, path).catch(() => undefined)
  return content && parseDocument(content.bytes.whole())
}

interface Summary {
  result: SearchResult
  shown: number
  files: number
  fileCount: number
}

function summary({ result, shown, files, fileCount }: Summary): string {
  const total = result.matches.length
  if (total === 0) return 'No matches.'
  if (!result.complete) {
    return `Showing ${shown} of more than ${Math.min(total, matchesMax)} matching lines; the search stopped there. Narrow the pattern, "path" or "include".`
  }
  if (shown < total) {
    return `Showing ${shown} of ${total} matching lines (${files} of ${fileCount} files). Narrow the pattern, "path" or "include", or raise "limit".`
  }
  return `${total} matching ${total === 1 ? 'line' : 'lines'} in ${fileCount} ${fileCount === 1 ? 'file' : 'files'}.`
}
