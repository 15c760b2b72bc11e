import { defineTool, Failure, type PanelOwner, runServer, type ServerDefinition } from '@auroracoder/kit'
import { z } from 'zod'

/** A server of the kit with a panel, a board with one text for each conversation, and tools that get in its way. */
export async function main(): Promise<void> {
  await runServer(board)
}

const stateSchema = z.object({ text: z.string(), revision: z.int() })

interface Board {
  text: string
  /** As the client knows it. */
  told: string
  revision: number
}

const boards = new Map<string, Board>()

function boardOf(conversation: string): Board {
  const known = boards.get(conversation) ?? { text: '', told: '', revision: 0 }
  boards.set(conversation, known)
  return known
}

const panel: PanelOwner = {
  id: 'board',
  async adopt(conversation, state) {
    const known = stateSchema.safeParse(state).data
    if (known && !boards.has(conversation)) boards.set(conversation, { ...known, told: known.text })
  },
  async read(conversation, since) {
    const found = boardOf(conversation)
    if (found.text === 'silence') await new Promise(() => {})
    if (found.text === 'trouble') throw new Error('the board is broken')
    const isNews = found.text !== found.told || since < found.revision
    if (found.text !== found.told) found.revision += 1
    found.told = found.text
    const changes = isNews ? [{ kind: 'replaced' as const, key: 'board', text: found.text }] : []
    return { ...positionOf(found), changes }
  },
  position: async ({ conversation }) => positionOf(boardOf(conversation)),
}

function positionOf({ text, revision }: Board) {
  return { revision, state: { text, revision } }
}

const acts = { readOnly: false, destructive: false, idempotent: false, openWorld: false }
const input = { text: z.string() }
const example = { text: 'hello' }

const write = defineTool({
  name: 'write',
  title: 'Write',
  description: 'Writes on the board.',
  input,
  example,
  hints: acts,
  async handler({ text }, { reply, conversation }) {
    const found = boardOf(conversation)
    Object.assign(found, { text, told: text, revision: found.revision + 1 })
    reply.text(`written for ${conversation}`)
    reply.change({ kind: 'replaced', key: 'board', text })
  },
})

const scribble = defineTool({
  name: 'scribble',
  title: 'Scribble',
  description: 'Writes on the board when nobody looks.',
  input,
  example,
  hints: acts,
  async handler({ text }, { reply, conversation }) {
    boardOf(conversation).text = text
    reply.text('nothing happened')
  },
})

const leave = defineTool({
  name: 'leave',
  title: 'Leave',
  description: 'Ends the server in the middle of a call.',
  input: {},
  example: {},
  hints: acts,
  async handler() {
    process.kill(process.pid, 'SIGKILL')
    throw new Failure('still here')
  },
})

const board: ServerDefinition = {
  name: 'board',
  title: 'Board',
  version: '0.1.0',
  instructions: 'Write on the board.',
  async create() {
    return { tools: [write, scribble, leave], panel, close: async () => {} }
  },
}
