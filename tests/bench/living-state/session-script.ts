import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newLinesOf, oldLinesOf, patched, sheetOf, textOf } from '../edit/sheet.js'
import type { Random } from '../random.js'
import { type Hunk, hunksOf } from '../sources/hunks.js'
import type { Commit, FileChange } from './history.js'

/** What the model does in one turn: one call, as it would be made by one who knows the files as they are. */
export interface Turn {
  readonly name: string
  readonly args: Record<string, unknown>
}

export interface SessionScript {
  readonly repo: string
  /** The commit that the workspace starts at. */
  readonly start: string
  readonly turns: readonly Turn[]
}

export interface ScriptRequest {
  readonly turnsMax: number
  readonly random: Random
  /** For the texts that commands bring into the workspace. */
  readonly folder: string
  readonly scratch: string
}

/** A larger file would be opened in part, and the model would have to ask for more. */
const linesMax = 1_200
const charsMax = 45_000
/** A new file that is longer is made by a command. */
const writtenLinesMax = 300
/** Of changed files, those that a command changes: a formatter, a generator, a checkout, another person. */
const byCommandShare = 0.15
/** Turns between two commands that only look. */
const lookEvery = 4

/** Commits made again by a model: it opens what they touch, edits hunk by hunk, and runs a command now and then. */
export async function scriptOf(
  commits: Iterable<Commit> | AsyncIterable<Commit>,
  request: ScriptRequest,
): Promise<Turn[]> {
  await mkdir(request.folder, { recursive: true })
  const session: Session = { ...request, turns: [], open: new Set(), staged: 0 }
  for await (const { changes } of commits) {
    for (const change of changes) {
      await makeChange(session, change)
      if (session.turns.length >= request.turnsMax) return session.turns.slice(0, request.turnsMax)
    }
  }
  return session.turns
}

interface Session extends ScriptRequest {
  turns: Turn[]
  /** Paths that the model has a view of. */
  open: Set<string>
  staged: number
}

async function makeChange(session: Session, change: FileChange): Promise<void> {
  const { path, before, after } = change
  if (after === undefined) {
    session.open.delete(path)
    return take(session, command(`rm -f ${quoted(path)}`))
  }
  if (before === undefined) return make(session, path, after)
  if (!isReadable(before) || !isReadable(after)) return copyOver(session, path, after)
  if (!session.open.has(path)) take(session, { name: 'read_file', args: { paths: [path] } })
  session.open.add(path)
  const calls = session.random.chance(byCommandShare) ? undefined : await editsOf(session, change)
  if (!calls) return copyOver(session, path, after)
  for (const call of calls) take(session, call)
}

async function make(session: Session, path: string, text: string): Promise<void> {
  if (text.split('\n').length > writtenLinesMax) return copyOver(session, path, text)
  session.open.add(path)
  take(session, { name: 'write_file', args: { path, content: text } })
}

/** From outside of the workspace, where the model has never seen it. */
async function copyOver(session: Session, path: string, text: string): Promise<void> {
  session.staged += 1
  const file = join(session.folder, `${session.staged}`)
  await writeFile(file, text)
  const folder = path.split('/').slice(0, -1).join('/') || '.'
  take(session, command(`mkdir -p ${quoted(folder)} && cp ${quoted(file)} ${quoted(path)}`))
}

/** `undefined` for a change that the hunks of a diff do not tell whole, such as one of the final newline. */
async function editsOf(session: Session, { path, before, after }: FileChange): Promise<Turn[] | undefined> {
  const pair = { source: '', path, before: before ?? '', after: after ?? '' }
  const [hunks = []] = await hunksOf([pair], session.scratch)
  const [first] = hunks
  if (!first || hunks.some(({ ops }) => oldLinesOf(ops).length === 0)) return undefined
  const upwards = [...hunks].sort((one, other) => other.start - one.start)
  if (textOf(upwards.reduce(patched, sheetOf(first))) !== after) return undefined
  let grown = 0
  return hunks.map((hunk) => {
    const turn = { name: 'edit_file', args: { path, edits: [editOf(hunk, grown)] } }
    grown += newLinesOf(hunk.ops).length - oldLinesOf(hunk.ops).length
    return turn
  })
}

/** Whole lines with their ends, so that blank ones at the edges are told. */
function editOf({ start, ops }: Hunk, shift: number) {
  const old = oldLinesOf(ops)
  const first = start + shift + 1
  return {
    lines: `${first}-${first + old.length - 1}`,
    old_text: old.map((line) => `${line}\n`).join(''),
    new_text: newLinesOf(ops)
      .map((line) => `${line}\n`)
      .join(''),
  }
}

function take(session: Session, turn: Turn): void {
  session.turns.push(turn)
  if (session.turns.length % lookEvery !== 0) return
  session.turns.push(command(session.random.pick(looks)))
}

/** What people run between two edits: some lines of output that stay in the history. */
const looks = [
  'ls -la',
  'for number in $(seq 1 40); do echo "ok $number - the case with number $number does what it should"; done',
  'seq 1 25 | sed "s/^/warning: something that nobody minds, number /"',
  'find . -maxdepth 2 -not -path "./.git*" | sort | head -40',
]

function command(text: string): Turn {
  return { name: 'run_terminal_command', args: { command: text } }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}

function isReadable(text: string): boolean {
  return text !== '' && text.length <= charsMax && text.split('\n').length <= linesMax
}
