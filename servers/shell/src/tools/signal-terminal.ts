import { defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { answerCommand } from '../answer/answer.js'
import { outputChars } from '../limits.js'
import type { ToolContext } from './context.js'

export function signalTerminal({ shell }: ToolContext): Tool {
  return defineTool({
    name: 'signal_terminal',
    title: 'Signal a running command',
    description:
      'Sends INT (Ctrl-C), TERM or KILL to the whole process group of a running command and tells what died. ' +
      'The session and its state stay. A program may ignore INT and TERM; KILL always ends it.',
    input: {
      command_id: z.string().describe('From the answer of run_terminal_command'),
      signal: z.enum(['INT', 'TERM', 'KILL']).default('INT').describe('INT, TERM or KILL (default INT)'),
    },
    example: { command_id: 'c1f2-3', signal: 'TERM' },
    hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
    async handler({ command_id: id, signal }, call) {
      const command = shell.command(call.conversation, id)
      if (command.ending !== undefined) {
        const { status, exitCode } = command.ending
        throw new Failure(`${id} has already ended (${status}, exit code ${exitCode}): there is nothing to signal.`)
      }
      const from = command.spool.size()
      const { ended, alive } = await shell.signal(command, `SIG${signal}`)
      const outcome = [told(`${signal} ended`, ended), told('still alive', alive)].filter(Boolean).join('; ')
      call.reply.text(outcome || `${signal} went to the shell itself, which runs no program for this command.`)
      answerCommand({ shell, call, command, from, charsMax: outputChars.default })
      call.reply.result({ ended, alive })
    },
  })
}

function told(what: string, processes: readonly { pid: number; name: string }[]): string {
  if (processes.length === 0) return ''
  return `${what}: ${processes.map(({ pid, name }) => `${pid} ${name}`).join(', ')}`
}
