import { lstat } from 'node:fs/promises'
import { type Arguments, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { contains, errorCode, type Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { suggestion } from '../disk/near-names.js'
import { kindOf } from '../disk/read.js'
import { ignoreRulesFor } from '../list/ignore-rules.js'
import { type Entry, entriesMax, entriesPerDirectoryMax, listTree, type Tree } from '../list/tree.js'
import type { Workspace } from '../workspace.js'
import { asBoolean, asNumber, renamed } from './habits.js'
import { printable } from './printable.js'

const depthMax = 8

export function listDirectoryTool({ jail }: Workspace): Tool {
  return defineTool({
    name: 'list_directory',
    title: 'List a directory',
    description: `List a directory as a tree with sizes; symlinks with their targets. What .gitignore names and .git are left out. At most ${entriesMax} entries, ${entriesPerDirectoryMax} of each directory.`,
    input: {
      path: z.string().min(1).default('.').describe('Default: the first root.'),
      depth: z.int().min(1).max(depthMax).default(1).describe(`Levels, 1 to ${depthMax}. Default 1.`),
      include_ignored: z.boolean().default(false).describe('Show also what .gitignore names. Default false.'),
    },
    example: { path: 'src', depth: 2 },
    accept,
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ path, depth, include_ignored }, call) {
      const directory = await jail.resolve(path)
      const shown = jail.display(directory)
      await checkDirectory(jail, directory)
      const root = jail.roots.find((candidate) => contains(candidate, directory)) ?? directory
      const rules = include_ignored ? undefined : await ignoreRulesFor(root, directory)
      const tree = await listTree({ directory, depth, rules, signal: call.signal })
      call.reply.text(render(shown, tree))
      call.reply.applied({ path: shown, depth, ...(include_ignored ? { include_ignored } : {}) })
      call.reply.result({ path: shown, entries: tree.entries.length, ignored: tree.ignored, left: tree.left })
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, {
    path: ['directory', 'dir', 'dir_path', 'directory_path', 'target_directory', 'relative_workspace_path'],
    include_ignored: ['includeIgnored', 'show_ignored'],
  })
  if (args.path === '') delete args.path
  return {
    ...args,
    ...('depth' in args ? { depth: asNumber(args.depth) } : {}),
    ...('include_ignored' in args ? { include_ignored: asBoolean(args.include_ignored) } : {}),
  }
}

async function checkDirectory(jail: Jail, path: string): Promise<void> {
  const shown = jail.display(path)
  const stats = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  })
  if (!stats) throw new Failure(`There is no directory "${shown}".${await suggestion(jail, path)}`)
  if (!stats.isDirectory())
    throw new Failure(`"${shown}" is ${kindOf(stats)}, not a directory. Use read_file for files.`)
}

function render(shown: string, { entries, ignored, left }: Tree): string {
  const head = shown === '.' ? './' : `${shown}/`
  const lines = entries.map((entry) => `${'  '.repeat(entry.level + 1)}${line(entry)}`)
  const notes = [
    ...(entries.length === 0 && ignored === 0 ? ['(empty)'] : []),
    ...(ignored > 0
      ? [`(${ignored} ignored ${ignored === 1 ? 'entry' : 'entries'} left out; "include_ignored" shows them)`]
      : []),
    ...(left > 0 ? [`(${left} more entries left out; list a subdirectory to see them)`] : []),
  ]
  return [head, ...lines, ...notes].join('\n')
}

function line({ name, kind, target, size, closed }: Entry): string {
  const shown = printable(name)
  switch (kind) {
    case 'directory':
      return `${shown}/${closed ? ' …' : ''}`
    case 'symlink':
      return `${shown} -> ${target}`
    case 'broken symlink':
      return `${shown} -> ${target} (broken symlink)`
    case 'other':
      return `${shown} (neither file nor directory)`
    case 'file':
      return size === undefined ? shown : `${shown}  ${sizeText(size)}`
  }
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB'] as const
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length)
  const value = bytes / 1_000 ** power
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`
}
