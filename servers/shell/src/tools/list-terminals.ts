import { defineTool, type Tool } from '@auroracoder/kit'
import { fieldText } from '../answer/footer.js'
import { listeningPorts } from '../network/ports.js'
import { find } from '../process/sweep.js'
import { type Command, statusOf } from '../session/command.js'
import type { Session } from '../session/session.js'
import type { ToolContext } from './context.js'

export function listTerminals({ shell }: ToolContext): Tool {
  return defineTool({
    name: 'list_terminals',
    title: 'List terminals',
    description:
      'Lists the shell sessions with their directory, the commands that are running in them, how many processes they have ' +
      'and the TCP ports these listen on; then the last commands that ended.',
    input: {},
    example: {},
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler(_, call) {
      const commands = shell.commands(call.conversation)
      const sessions = shell.sessions(call.conversation).map((session) => describe(session, commands))
      const ended = commands.filter((command) => command.ending !== undefined).slice(-endedShown)
      call.reply.text(
        sessions.length === 0
          ? 'No session is open: run_terminal_command opens one.'
          : sessions.map(sessionText).join('\n'),
      )
      if (ended.length > 0) call.reply.text(['Ended last:', ...ended.map(commandText)].join('\n'))
      call.reply.result({ sessions: sessions.map(sessionFacts), ended: ended.map(commandFacts) })
    },
  })
}

const endedShown = 5

interface Described {
  session: Session
  running: Command[]
  processes: number
  ports: number[]
}

function describe(session: Session, commands: readonly Command[]): Described {
  const pids = find([session.belonging()]).map(({ pid }) => pid)
  const running = commands.filter((command) => command.session === session.name && command.ending === undefined)
  return { session, running, processes: pids.length, ports: listeningPorts(pids) }
}

function sessionText({ session, running, processes, ports }: Described): string {
  const state = session.current() === undefined ? 'idle' : 'busy'
  const listens = ports.length > 0 ? ` ports=${ports.join(',')}` : ''
  return [
    `session=${session.name} ${state} cwd=${fieldText(session.cwd())} processes=${processes}${listens}`,
    ...running.map(commandText),
  ].join('\n')
}

function commandText(command: Command): string {
  const mode = command.mode === 'foreground' ? '' : ` ${command.mode}`
  const exit = command.ending === undefined ? '' : ` exit_code=${command.ending.exitCode}`
  return `  ${command.id} ${statusOf(command)}${exit}${mode} ${JSON.stringify(command.text.slice(0, 100))}`
}

function sessionFacts({ session, running, processes, ports }: Described): Record<string, unknown> {
  return { session: session.name, cwd: session.cwd(), processes, ports, running: running.map(commandFacts) }
}

function commandFacts(command: Command): Record<string, unknown> {
  return {
    command_id: command.id,
    command: command.text.slice(0, 100),
    mode: command.mode,
    status: statusOf(command),
    exit_code: command.ending?.exitCode ?? null,
  }
}
