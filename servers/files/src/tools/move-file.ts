import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Arguments, type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { contains, type Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { namesDirectory, resolveEntry, statEntry } from '../disk/entry.js'
import { moveEntry } from '../disk/move.js'
import { suggestion } from '../disk/near-names.js'
import { withParents } from '../disk/parents.js'
import { type Answer, giveAnswer } from '../journal/answer.js'
import type { Intend } from '../journal/journal.js'
import { absent, pathState } from '../journal/path-state.js'
import type { Effect } from '../journal/record.js'
import type { Workspace } from '../workspace.js'
import { asBoolean, renamed } from './habits.js'
import { printable } from './printable.js'

export function moveFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'move_file',
    title: 'Move or rename',
    description:
      'Move or rename a file or directory. "to" is its new path or, with "/" at the end, the directory it goes into.',
    input: {
      from: z.string().min(1),
      to: z.string().min(1),
      overwrite: z.boolean().default(false).describe('Replace a file. Default false.'),
    },
    example: { from: 'src/old.ts', to: 'src/new.ts' },
    accept,
    hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
    async handler(request, call) {
      await workspace.journal.run(call, {
        work: async (intend) => {
          const move = await check(workspace, request)
          await inOrder(workspace, move, () => work(workspace, call, { ...move, intend }))
        },
        repeat: (effects) => showAgain(workspace, call, effects),
      })
    },
  })
}

function accept(raw: Arguments): Arguments {
  const args = renamed(raw, {
    from: ['source', 'source_path', 'src', 'old_path', 'path', 'file_path'],
    to: ['destination', 'destination_path', 'dest', 'dst', 'new_path', 'target'],
  })
  return { ...args, ...('overwrite' in args ? { overwrite: asBoolean(args.overwrite) } : {}) }
}

interface Request {
  from: string
  to: string
  overwrite: boolean
}

interface Move extends Request {
  stats: BigIntStats
  replaces: boolean
}

async function check({ jail }: Workspace, { from, to, overwrite }: Request): Promise<Move> {
  const source = await resolveEntry(jail, from)
  const stats = await statEntry(jail, source)
  if (!stats) throw new Failure(`There is no "${jail.display(source)}".${await suggestion(jail, source)}`)
  if (namesDirectory(from) && !stats.isDirectory()) {
    throw new Failure(`"${jail.display(source)}" is no directory. To move it, leave out the "/" at the end of "from".`)
  }
  const target = await targetOf({ jail }, { to, source, stats })
  const [old, next] = [jail.display(source), jail.display(target)]
  if (source === target) throw new Failure(`"${old}" is there already: "from" and "to" are the same path.`)
  if (stats.isDirectory() && contains(source, target)) {
    throw new Failure(`"${old}" cannot be moved into itself ("${next}"). Choose a "to" outside of it.`)
  }
  const there = await statEntry(jail, target)
  const isItself = there?.ino === stats.ino && there.dev === stats.dev
  if (there && !isItself && (await isDirectory(target))) throw directoryThere(next, basename(source))
  if (there && !isItself && !overwrite) {
    throw new Failure(`"${next}" exists already. Set "overwrite": true to replace it, or choose another "to".`)
  }
  if (there && !isItself && stats.isDirectory()) {
    throw new Failure(`"${old}" is a directory and cannot replace "${next}", which is none. Delete that first.`)
  }
  return { from: source, to: target, overwrite, stats, replaces: there !== undefined && !isItself }
}

interface Wanted {
  to: string
  source: string
  stats: BigIntStats
}

/** As `mv` has it, "dir/" is the directory to move into. Without the slash it is taken as the new path itself. */
async function targetOf({ jail }: Pick<Workspace, 'jail'>, { to, source, stats }: Wanted): Promise<string> {
  if (!namesDirectory(to)) return resolveEntry(jail, to)
  const directory = await jail.resolve(to)
  // A directory that is to be renamed may have the slash of a directory.
  if (stats.isDirectory() && !(await isDirectory(directory))) return resolveEntry(jail, to)
  return resolveEntry(jail, join(directory, basename(source)))
}

/** Also behind a symlink: whoever moves onto that expects to move into the directory. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

function directoryThere(shown: string, name: string): Failure {
  return new Failure(
    `"${shown}" is a directory, and a directory is never replaced. "to" is the new path itself: to move into the directory, send "${shown}/${name}".`,
  )
}

/** Holds both names, always in the same order, so that two moves cannot wait for each other. */
function inOrder({ locks }: Workspace, { from, to }: Move, task: () => Promise<void>): Promise<void> {
  const [first, second] = from < to ? [from, to] : [to, from]
  return locks.run(first, () => locks.run(second, task))
}

async function work(workspace: Workspace, call: Call, move: Move & { intend: Intend }): Promise<void> {
  const { jail, temps, panel } = workspace
  const { from, to, overwrite, stats, intend } = move
  const { signal } = call
  const answer = answerOf(jail, move)
  await withParents(jail, to, async () => {
    await intend({ effects: call.key === undefined ? [] : await effectsOf(jail, move), answer })
    await moveEntry({ jail, temps, from, to, stats, overwrite, signal })
  })
  giveAnswer(call.reply, answer)
  panel.moved(call, from, to)
}

async function effectsOf(jail: Jail, { from, to }: Move): Promise<Effect[]> {
  const [moved, replaced] = await Promise.all([pathState(jail, from), pathState(jail, to)])
  return [
    { path: from, before: moved, after: absent },
    { path: to, before: replaced, after: moved },
  ]
}

/** The client may have missed the move. What has come to the old path since stays. */
async function showAgain({ jail, panel }: Workspace, call: Call, [old, next]: readonly Effect[]): Promise<void> {
  if (old && next && !(await statEntry(jail, old.path))) panel.moved(call, old.path, next.path)
}

function answerOf(jail: Jail, { from, to, overwrite, stats, replaces }: Move): Answer {
  const [old, next] = [jail.display(from), jail.display(to)]
  const slash = stats.isDirectory() ? '/' : ''
  const tail = replaces ? ', replacing what stood there' : ''
  return {
    text: `Moved ${printable(old)}${slash} to ${printable(next)}${slash}${tail}.`,
    notes: [],
    facts: { from: old, to: next, replaced: replaces },
    applied: { from: old, to: next, ...(overwrite ? { overwrite } : {}) },
  }
}
