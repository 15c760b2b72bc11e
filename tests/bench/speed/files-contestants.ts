import type { World } from '../benchmark.js'
import { desktopCommanderPeer, filesystemPeer, startPeer } from '../mcp/peers.js'
import { filesServer, makeRoot, type StartServer } from '../mcp/start-server.js'
import type { ToolCall, ToolServer } from '../mcp/tool-server.js'

export interface Replacement {
  /** 1-based. */
  readonly line: number
  readonly oldText: string
  readonly newText: string
}

/** Says one and the same wish in the words of a server's nearest tools. */
export interface FilesContestant {
  readonly label: string
  readonly server: ToolServer
  readonly root: string
  edit(path: string, replacement: Replacement): ToolCall
  /** Some lines from the middle of a file; from its beginning where a server can read no others. */
  read(path: string, range: { first: number; count: number }): ToolCall
}

type Words = Pick<FilesContestant, 'edit' | 'read'>

export async function startFilesContestants(world: World): Promise<FilesContestant[]> {
  const candidates: [label: string, words: Words, start: StartServer | undefined][] = [
    ['ours', ourWords, filesServer(world)],
    ['server-filesystem', filesystemWords, startPeer(filesystemPeer, world)],
    ['desktop-commander', commanderWords, startPeer(desktopCommanderPeer, world)],
  ]
  const contestants: FilesContestant[] = []
  for (const [label, words, start] of candidates) {
    if (!start) continue
    const root = await makeRoot(world, label)
    contestants.push({ ...words, label, root, server: await start(root) })
  }
  return contestants
}

const ourWords: Words = {
  edit: (path, { line, oldText, newText }) => ({
    name: 'edit_file',
    args: { path, edits: [{ lines: `${line}`, old_text: oldText, new_text: newText }] },
  }),
  read: (path, { first, count }) => ({
    name: 'read_file',
    args: { paths: [path], lines: `${first}-${first + count - 1}` },
  }),
}

const filesystemWords: Words = {
  edit: (path, { oldText, newText }) => ({ name: 'edit_file', args: { path, edits: [{ oldText, newText }] } }),
  read: (path, { count }) => ({ name: 'read_text_file', args: { path, head: count } }),
}

const commanderWords: Words = {
  edit: (path, { oldText, newText }) => ({
    name: 'edit_block',
    args: { file_path: path, old_string: oldText, new_string: newText },
  }),
  read: (path, { first, count }) => ({ name: 'read_file', args: { path, offset: first - 1, length: count } }),
}
