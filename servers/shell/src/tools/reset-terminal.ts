import { defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import type { ToolContext } from './context.js'

export function resetTerminal({ shell }: ToolContext): Tool {
  return defineTool({
    name: 'reset_terminal',
    title: 'Reset a terminal session',
    description:
      'Ends everything that runs in a session, background work included. Its next command gets a fresh shell, ' +
      'with the same directory, variables and functions unless keep_state is false.',
    input: {
      session: z.string().default('main').describe('Name of the session (default "main")'),
      keep_state: z.boolean().default(true).describe('Takes directory and environment over (default true)'),
    },
    example: { session: 'main', keep_state: false },
    hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
    async handler({ session: name, keep_state: keepState }, call) {
      if (shell.session(call.conversation, name) === undefined) {
        const known = shell.sessions(call.conversation).map((session) => session.name)
        throw new Failure(`There is no session "${name.slice(0, 40)}". Open: ${known.join(', ') || 'none'}.`)
      }
      const ended = await shell.reset(call.conversation, { name, keepState })
      const state = keepState ? 'takes over its directory and environment' : 'starts afresh'
      call.reply.text(`Session "${name}" was reset: ${ended} processes ended. Its next command ${state}.`)
      call.reply.result({ session: name, keep_state: keepState, ended })
    },
  })
}
