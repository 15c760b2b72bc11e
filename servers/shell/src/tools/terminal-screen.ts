import { defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { answerScreen } from '../answer/answer.js'
import { terminalSize } from '../terminal/size.js'
import type { ToolContext } from './context.js'

export function terminalScreen({ shell }: ToolContext): Tool {
  const { columns, rows } = terminalSize
  return defineTool({
    name: 'terminal_screen',
    title: 'Look at a terminal',
    description:
      `Shows the screen (${columns} columns, ${rows} rows) of a command that was started with tty: what somebody at the ` +
      'terminal sees, where the cursor is and what is highlighted. For editors, pagers and menus; drive them with ' +
      'write_terminal. After the command has ended, the screen as it was last.',
    input: { command_id: z.string().describe('From the answer of run_terminal_command') },
    example: { command_id: 'c1f2-3' },
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ command_id: id }, call) {
      const command = shell.command(call.conversation, id)
      const { screen } = command
      if (screen === undefined) {
        throw new Failure(
          `${id} has no screen: it was not started with "tty". Read its output with read_terminal, or run it again with "tty": true.`,
        )
      }
      if (command.ending === undefined) shell.session(command.conversation, command.session)?.lookForPrompt()
      const picture = await screen.look().catch((cause: unknown) => {
        throw new Failure(`@xterm/headless, which draws screens, could not be loaded here. ${readInstead(id)}`, {
          cause,
        })
      })
      answerScreen({ shell, call, command }, picture)
    },
  })
}

function readInstead(id: string): string {
  return `Read what the program wrote with read_terminal {"command_id":"${id}"}.`
}
