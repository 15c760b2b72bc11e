import type { BigIntStats } from 'node:fs'
import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { contains, type Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { namesDirectory, resolveEntry, statEntry } from '../disk/entry.js'
import { mountsWithin } from '../disk/mounts.js'
import { suggestion } from '../disk/near-names.js'
import { type Removal, removeEntry } from '../disk/remove.js'
import { type Answer, giveAnswer } from '../journal/answer.js'
import type { Intend } from '../journal/journal.js'
import { absent, pathState } from '../journal/path-state.js'
import type { Effect } from '../journal/record.js'
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
      await workspace.journal.run(call, {
        work: (intend) => work(workspace, call, { paths, recursive, intend }),
        repeat: (effects) => showAgain(workspace, call, effects),
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

interface Request {
  paths: readonly string[]
  recursive: boolean
}

interface Target {
  path: string
  stats: BigIntStats
}

interface Outcome {
  target: Target
  removal: Removal
}

async function work(workspace: Workspace, call: Call, request: Request & { intend: Intend }): Promise<void> {
  const { jail } = workspace
  const targets = withoutInner(await check(workspace, request))
  const answer = answerOf(jail, targets, request.recursive)
  const effects = call.key === undefined ? [] : await Promise.all(targets.map((target) => effectOn(jail, target)))
  await request.intend({ effects, answer })
  const outcomes: Outcome[] = []
  for (const target of targets) outcomes.push({ target, removal: await remove(workspace, call, target) })
  if (outcomes.every(({ removal }) => removal.left.length === 0)) giveAnswer(call.reply, answer)
  else tellRest(jail, call, outcomes)
}

/** The client may have missed that they went. What has come back since stays. */
async function showAgain({ jail, panel }: Workspace, call: Call, effects: readonly Effect[]): Promise<void> {
  for (const { path } of effects) if (!(await statEntry(jail, path))) panel.deleted(call, path)
}

async function effectOn(jail: Jail, { path }: Target): Promise<Effect> {
  return { path, before: await pathState(jail, path), after: absent }
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

function answerOf(jail: Jail, targets: readonly Target[], recursive: boolean): Answer {
  const deleted = targets.map(({ path }) => jail.display(path))
  return {
    text: targets.map((target) => `Deleted ${describe(jail, target)}.`).join('\n'),
    notes: [],
    facts: { deleted, left: [] },
    applied: { paths: deleted, ...(recursive ? { recursive } : {}) },
  }
}

/** Throws what could not go, so that the call counts as failed and may be sent again. */
function tellRest(jail: Jail, call: Call, outcomes: readonly Outcome[]): never {
  const gone = outcomes.filter(({ removal }) => removal.left.length === 0).map(({ target }) => target)
  const left = outcomes.flatMap(({ removal }) => removal.left)
  if (gone.length > 0) call.reply.text(gone.map((target) => `Deleted ${describe(jail, target)}.`).join('\n'))
  call.reply.result({ deleted: gone.map(({ path }) => jail.display(path)), left: left.slice(0, leftShownMax) })
  const rest = outcomes.filter(({ removal }) => removal.left.length > 0)
  throw new Failure(rest.map(({ target, removal }) => describeRest(jail.display(target.path), removal)).join('\n'))
}

function describe(jail: Jail, { path, stats }: Target): string {
  const shown = printable(jail.display(path))
  if (stats.isSymbolicLink()) return `${shown} (the symbolic link only)`
  return stats.isDirectory() ? `${shown}/ with all that was in it` : shown
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
