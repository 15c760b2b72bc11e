import type { World } from '../benchmark.js'
import { desktopCommanderPeer, filesystemPeer, startPeer } from '../mcp/peers.js'
import { filesServer, makeRoot, type StartServer } from '../mcp/start-server.js'
import type { ToolCall, ToolServer } from '../mcp/tool-server.js'
import type { Edit, EditCase, Form, Row } from './row.js'

/** Says a case in the words of one server's tools. */
interface Dialect {
  readonly isOurs: boolean
  readonly form: Form
  show(file: string, edit: Edit): ToolCall
  edit(file: string, request: { edits: readonly Edit[]; row: Row }): readonly ToolCall[]
}

export interface Contestant extends Dialect {
  readonly label: string
  readonly server: ToolServer
  /** A folder that the server may work in. */
  readonly root: string
}

/** Ours twice, once for each way to name a place, and the peers that are installed. */
export async function startContestants(world: World): Promise<Contestant[]> {
  const candidates: [label: string, dialect: Dialect, start: StartServer | undefined][] = [
    ['ours, by lines', byLines, filesServer(world)],
    ['ours, by text', byText, filesServer(world)],
    ['server-filesystem', filesystem, startPeer(filesystemPeer, world)],
    ['desktop-commander', commander, startPeer(desktopCommanderPeer, world)],
  ]
  const contestants: Contestant[] = []
  for (const [label, dialect, start] of candidates) {
    if (!start) continue
    const root = await makeRoot(world, label)
    contestants.push({ ...dialect, label, root, server: await start(root) })
  }
  return contestants
}

/** Lines that a model looks at around those that it is going to change. */
const windowLines = 20

function showOurs(file: string, edit: Edit): ToolCall {
  if (edit.part) return { name: 'read_file', args: { paths: [file] } }
  const first = Math.max(1, edit.at - windowLines)
  const last = edit.at + edit.oldLines.length + windowLines
  return { name: 'read_file', args: { paths: [file], lines: `${first}-${last}` } }
}

const byLines: Dialect = {
  isOurs: true,
  form: 'lines',
  show: showOurs,
  edit: (file, { edits }) => [
    {
      name: 'edit_file',
      args: {
        path: file,
        edits: edits.map((edit) => ({
          lines: rangeOf(edit),
          first_line: edit.oldLines[0],
          last_line: edit.lastLine ?? edit.oldLines.at(-1),
          new_text: wholeLines(edit).newText,
        })),
      },
    },
  ],
}

const byText: Dialect = {
  isOurs: true,
  form: 'text',
  show: showOurs,
  edit: (file, { edits, row }) => [
    {
      name: 'edit_file',
      args: {
        path: file,
        edits: edits.map((edit) => {
          const { oldText, newText } = edit.part ?? wholeLines(edit)
          return { old_text: oldText, new_text: newText, ...(row.hinted ? { lines: rangeOf(edit) } : {}) }
        }),
      },
    },
  ],
}

const filesystem: Dialect = {
  isOurs: false,
  form: 'text',
  show: (file) => ({ name: 'read_text_file', args: { path: file } }),
  edit: (file, { edits }) => [{ name: 'edit_file', args: { path: file, edits: edits.map(textsOf) } }],
}

/** Its tool makes one edit a call. */
const commander: Dialect = {
  isOurs: false,
  form: 'text',
  show: (file, { at, oldLines }) => ({
    name: 'read_file',
    args: {
      path: file,
      offset: Math.max(0, at - 1 - windowLines),
      length: oldLines.length + 2 * windowLines,
    },
  }),
  edit: (file, { edits }) =>
    edits.map((edit) => {
      const { oldText, newText } = textsOf(edit)
      return { name: 'edit_block', args: { file_path: file, old_string: oldText, new_string: newText } }
    }),
}

function textsOf({ oldLines, newLines, part }: Edit): { oldText: string; newText: string } {
  return part ?? { oldText: oldLines.join('\n'), newText: newLines.join('\n') }
}

/** To a tool of whole lines a blank last line shows only if it ends; then the other side ends in the same way. */
function wholeLines({ oldLines, newLines }: Edit): { oldText: string; newText: string } {
  const end = [oldLines, newLines].some((lines) => lines.at(-1) === '') ? '\n' : ''
  return { oldText: oldLines.join('\n') + end, newText: newLines.join('\n') + end }
}

function rangeOf({ at, believedAt = at, oldLines }: Edit): string {
  return `${believedAt}-${believedAt + oldLines.length - 1}`
}

export function canSay({ form }: Contestant, { forms }: EditCase): boolean {
  return forms === undefined || forms.includes(form)
}
