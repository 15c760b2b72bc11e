import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { World } from '../benchmark.js'
import { desktopCommanderPeer, startPeer } from '../mcp/peers.js'
import { homeOf, makeRoot, type StartServer } from '../mcp/start-server.js'
import { type Answer, type StartedServer, startToolServer, type ToolCall } from '../mcp/tool-server.js'
import { type ReadAnswer, readCommander, readCommanderExit, readOneShot, readOurs, type Told } from './answers.js'

/** Says a command in the words of a server, and understands its answers. */
interface Dialect {
  /** Its commands have a terminal as `/dev/tty`. */
  readonly hasTerminal: boolean
  run(command: string, options: RunOptions): ToolCall
  readonly read: ReadAnswer
  /** Where an answer does not say how a command ended: the question that does. */
  readonly exit?: { ask(told: Told): ToolCall; read(text: string): number | undefined }
}

interface RunOptions {
  /** How long a call may wait for the end of its command. */
  readonly waitMs: number
  /** In a session of its own, where the command may stay. */
  readonly apart?: boolean
}

export interface ShellContestant extends Dialect {
  readonly label: string
  readonly server: StartedServer
}

export const ourLabel = 'ours'
export const commanderLabel = 'desktop-commander'

/** Of a contestant once more, without the others in between. */
export function aloneLabel(label: string): string {
  return `${label}, alone`
}

/** Fresh servers, for one part of the benchmark. */
export async function withContestants<T>(
  { world, part }: { world: World; part: string },
  work: (contestants: readonly ShellContestant[]) => Promise<T>,
): Promise<T> {
  const candidates: [label: string, dialect: Dialect, start: StartServer | undefined][] = [
    [ourLabel, ours, shellServer(world)],
    ['one-shot bash -c', oneShot, startOneShot],
    [commanderLabel, commander, startPeer(desktopCommanderPeer, world)],
  ]
  const contestants: ShellContestant[] = []
  try {
    for (const [label, dialect, start] of candidates) {
      if (!start) continue
      const root = await makeRoot(world, `${part}-${label}`)
      contestants.push({ ...dialect, label, server: await start(root) })
    }
    return await work(contestants)
  } finally {
    await Promise.all(contestants.map(({ server }) => server.close()))
  }
}

/** Our shell server as it is built, its state beside its root. */
function shellServer({ checkout }: World): StartServer {
  const bin = join(checkout, 'servers/shell/bin/auroracoder-shell.js')
  return (root) => {
    const args = [bin, '--root', root, '--state', `${root}-state`]
    return startToolServer({ command: process.execPath, args, env: { HOME: homeOf(root) }, cwd: root })
  }
}

export function startOneShot(root: string): Promise<StartedServer> {
  const bin = fileURLToPath(new URL('one-shot-server.js', import.meta.url))
  return startToolServer({ command: process.execPath, args: [bin], env: { HOME: homeOf(root) }, cwd: root })
}

const ours: Dialect = {
  hasTerminal: true,
  run: (command, { waitMs, apart }) => ({
    name: 'run_terminal_command',
    args: { command, yield_ms: waitMs, ...(apart ? { session: 'new' } : {}) },
  }),
  read: readOurs,
}

export const oneShot: Dialect = {
  hasTerminal: false,
  run: (command) => ({ name: 'run', args: { command } }),
  read: readOneShot,
}

/** Every command is a process of its own, of the same shell whatever the user's is. */
const commander: Dialect = {
  hasTerminal: false,
  run: (command, { waitMs }) => ({ name: 'start_process', args: { command, timeout_ms: waitMs, shell: 'bash' } }),
  read: readCommander,
  exit: {
    ask: ({ pid }) => ({ name: 'read_process_output', args: { pid, offset: -1 } }),
    read: readCommanderExit,
  },
}

export async function succeeding({ label, server }: ShellContestant, call: ToolCall): Promise<Answer> {
  const answer = await server.call(call)
  if (!answer.ok) throw new Error(`${label} refused ${call.name}: ${answer.text.slice(0, 500)}`)
  return answer
}
