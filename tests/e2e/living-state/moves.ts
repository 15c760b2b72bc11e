import type { Shown } from '@auroracoder/kit/panel'
import type { Random } from './random.js'
import { names, type Workspace } from './workspace.js'

export interface Move {
  name: string
  arguments: Record<string, unknown>
}

export interface MoveOptions {
  random: Random
  workspace: Workspace
  /** What the model can see. */
  shown: Shown
  /** Names of the tools there are. */
  tools: readonly string[]
}

/** The calls of one answer: several readers, or a mix of anything. */
export function randomMoves(options: MoveOptions): Move[] {
  const { random } = options
  const count = 1 + random.int(4)
  const kinds = random.chance(0.3) ? readers : everything
  const moves = Array.from({ length: count }, () => random.pick(kinds)(options))
  return moves.filter((move) => move !== undefined).filter(({ name }) => options.tools.includes(name))
}

type Kind = (options: MoveOptions) => Move | undefined

const read: Kind = ({ random, workspace }) => {
  const paths = Array.from({ length: 1 + random.int(3) }, () => random.some(workspace.files()) ?? random.pick(names))
  return { name: 'read_file', arguments: { paths } }
}

const readLines: Kind = ({ random, workspace }) => {
  const from = 1 + random.int(20)
  const lines = random.pick([`${from}-${from + random.int(6)}`, `${from}`, `${from}-`, `1-2,${from + 3}-${from + 4}`])
  return { name: 'read_file', arguments: { paths: [random.some(workspace.files()) ?? 'a.ts'], lines } }
}

const close: Kind = ({ random, shown }) => {
  const path = random.some([...shown.keys()])
  if (path === undefined) return undefined
  return { name: 'close_file', arguments: random.chance(0.8) ? { paths: [path] } : { keep: [path] } }
}

/** Of a line that the model can see, with the line number or without. */
const edit: Kind = ({ random, shown }) => {
  const file = random.some([...shown.values()])
  const line = file && random.some([...file.lines])
  if (!file || !line) return undefined
  const [number, text] = line
  const newText = random.pick(['', 'new', 'one\ntwo', `\tindented ${random.int(1_000)}\n`, 'ünïcode 🙂'])
  const place = random.pick<Record<string, string>>([
    { lines: String(number), first_line: text },
    { lines: String(number), old_text: text || 'x' },
    { old_text: text || 'x', lines: String(number + random.int(4)) },
    { lines: String(number), first_line: text, insert: random.pick(['before', 'after']) },
  ])
  return { name: 'edit_file', arguments: { path: file.path, edits: [{ ...place, new_text: newText }] } }
}

const write: Kind = ({ random, workspace }) => ({
  name: 'write_file',
  arguments: { path: random.pick(names), content: workspace.text(), overwrite: random.chance(0.7) },
})

const remove: Kind = ({ random, workspace }) => {
  const path = random.some(workspace.files())
  return path === undefined ? undefined : { name: 'delete_file', arguments: { paths: [path] } }
}

const rename: Kind = ({ random, workspace }) => {
  const from = random.some(workspace.files())
  if (from === undefined) return undefined
  return { name: 'move_file', arguments: { from, to: random.pick(names), overwrite: random.chance(0.5) } }
}

const disturb: Kind = () => ({ name: 'disturb', arguments: {} })

const readers = [read, readLines, read, close] as const
const everything = [read, readLines, edit, edit, edit, write, remove, rename, close, disturb, disturb] as const
