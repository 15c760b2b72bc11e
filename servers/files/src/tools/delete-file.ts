import type { BigIntStats } from 'node:fs'
import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { contains } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { namesDirectory, resolveEntry, statEntry } from '../disk/entry.js'
import { mountsWithin } from '../disk/mounts.js'
import { suggestion } from '../disk/near-names.js'
import { type Removal, removeEntry } from '../disk/remove.js'
import type { Workspace } from '../workspace.js'
import { asBoolean, asList, pathHabits, renamed } from './habits.js'
import { printable } from './printable.js'

const pathsMax = 100
const leftShownMax = 20

export function deleteFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'delete_file',
    title: 'Delete files',
    description: 'Delete files; directories with "recursive". Symlinks are not followed.',
    input: {
      paths: z.array(z.string().min(1)).min(1).max(pathsMax).describe(`At most ${pathsMax}.`),
      recursive: z.boolean().default(false).describe('Default false.'),
    },
    example: { paths: ['src/old.ts'] },
    accept,
    hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
    async handler({ paths, recursive }, call) {
      const targets = withoutInner(await check(workspace, { paths, recursive }))
      const outcomes: Outcome[] = []
      for (const target of targets) outcomes.push({ target, removal: await remove(workspace, call, target) })
      tell(workspace, call, outcomes)
      call.reply.applied({
        paths: targets.map(({ path }) => workspace.jail.display(path)),
        ...(recursive ? { recursive } : {}),
      })
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, { paths: ['path', 'files', ...(pathHabits.path ?? [])], recursive: ['recurse'] })
  return {
    ...args,
    paths: asList(args.paths),
    ...('recursive' in args ? { recursive: asBoolean(args.recursive) } : {}),
  }
}

interface Target {
  path: string
  stats: BigIntStats
}

interface Outcome {
  target: Target
  removal: Removal
}

interface Request {
  paths: readonly string[]
  recursive: boolean
}

async function check(workspace: Workspace, { paths, recursive }: Request): Promise<Target[]> {
  const targets: Target[] = []
  const refusals: string[] = []
  for (const path of paths) {
    try {
      targets.push(await checkOne(workspace, path, recursive))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      refusals.push(error.message)
    }
  }
  if (refusals.length === 0) return targets
  throw new Failure(`${refusals.join('\n')}\nNothing was deleted.`)
}

async function checkOne({ jail }: Workspace, path: string, recursive: boolean): Promise<Target> {
  const entry = await resolveEntry(jail, path)
  const shown = jail.display(entry)
  const stats = await statEntry(jail, entry)
  if (!stats) throw new Failure(`There is no "${shown}".${await suggestion(jail, entry)}`)
  if (stats.isDirectory()) {
    if (!recursive)
      throw new Failure(`"${shown}" is a directory. Set "recursive": true to delete it with all it holds.`)
  } else if (namesDirectory(path)) {
    const kind = stats.isSymbolicLink() ? 'a symbolic link' : 'no directory'
    throw new Failure(`"${shown}" is ${kind}. To delete it (and nothing behind it), leave out the "/" at the end.`)
  }
  const [mount] = await mountsWithin(entry)
  if (mount !== undefined) {
    const where = mount === entry ? 'It' : `"${jail.display(mount)}" in it`
    throw new Failure(`"${shown}" cannot be deleted. ${where} is a mount point: unmount it first.`)
  }
  return { path: entry, stats }
}

/** What is named twice, or lies in a directory that goes as a whole, is one deletion. */
function withoutInner(targets: readonly Target[]): Target[] {
  return targets.filter(
    ({ path }, index) => !targets.some((other, at) => (other.path === path ? at < index : contains(other.path, path))),
  )
}

async function remove({ jail, locks, panel }: Workspace, call: Call, { path, stats }: Target): Promise<Removal> {
  const { signal, progress } = call
  return locks.run(path, async () => {
    const removal = await removeEntry({ jail, path, stats, signal, progress })
    if (removal.left.length === 0) panel.deleted(call, path)
    return removal
  })
}

function tell({ jail }: Workspace, call: Call, outcomes: readonly Outcome[]): void {
  const gone = outcomes.filter(({ removal }) => removal.left.length === 0)
  const lines = gone.map(({ target, removal }) => `Deleted ${describe(jail.display(target.path), target, removal)}.`)
  if (lines.length > 0) call.reply.text(lines.join('\n'))
  const left = outcomes.flatMap(({ removal }) => removal.left)
  for (const { target, removal } of outcomes) {
    if (removal.left.length > 0) call.reply.fail(describeRest(jail.display(target.path), removal))
  }
  call.reply.result({
    deleted: gone.map(({ target }) => jail.display(target.path)),
    entries: outcomes.reduce((sum, { removal }) => sum + removal.removed, 0),
    left: left.slice(0, leftShownMax),
  })
}

function describe(shown: string, { stats }: Target, { removed }: Removal): string {
  if (stats.isSymbolicLink()) return `${printable(shown)} (the symbolic link only)`
  if (!stats.isDirectory()) return printable(shown)
  const inside = removed - 1
  return `${printable(shown)}/ (${inside === 1 ? '1 entry' : `${inside} entries`} in it)`
}

function describeRest(shown: string, { removed, left }: Removal): string {
  const lines = left.slice(0, leftShownMax).map(({ path, reason }) => `  ${printable(path)}: ${reason}`)
  const more = left.length > leftShownMax ? [`  … and ${left.length - leftShownMax} more`] : []
  const head =
    removed === 0
      ? `${printable(shown)} was not deleted:`
      : `${printable(shown)} was deleted in part: ${removed} ${removed === 1 ? 'entry is' : 'entries are'} gone, these stay:`
  return [head, ...lines, ...more].join('\n')
}
