import { type Arguments, defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { answerLive } from '../answer/answer.js'
import { waitFor } from '../answer/wait.js'
import { outputChars } from '../limits.js'
import { type Command, statusOf } from '../session/command.js'
import { typedBytesMax } from '../terminal/keyboard.js'
import { keySequence, typedText } from '../terminal/keys.js'
import type { ToolContext } from './context.js'

/** After the keys are typed: for the command to end, or to ask again. */
const reactionMsMax = 2_000
const textCharsMax = 100_000
const keysMax = 200

export function writeTerminal({ shell }: ToolContext): Tool {
  return defineTool({
    name: 'write_terminal',
    title: 'Type into a terminal',
    description:
      'Types into a command that waits for input from its terminal (status waiting_tty) or was started with tty. ' +
      'text is typed first, then keys. Answers with what the command wrote after that, when it ends, asks again, ' +
      `or ${reactionMsMax / 1_000} s have passed.`,
    input: {
      command_id: z.string().describe('From the answer of run_terminal_command'),
      text: z.string().max(textCharsMax).optional().describe('Characters to type; they are not followed by Enter'),
      keys: z
        .array(z.string())
        .max(keysMax)
        .optional()
        .describe(
          'Keys to press: Enter, Tab, Escape, Backspace, Up, Down, Left, Right, Home, End, PageUp, F1, C-c, M-x …',
        ),
    },
    example: { command_id: 'c1f2-3', text: 'yes', keys: ['Enter'] },
    accept: acceptKeyList,
    hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
    async handler({ command_id: id, text = '', keys = [] }, call) {
      if (text === '' && keys.length === 0) throw new Failure('Nothing to type: pass "text", "keys" or both.')
      const typed = typedText(text) + keys.map(keySequence).join('')
      const command = shell.command(call.conversation, id)
      const session = shell.session(command.conversation, command.session)
      session?.lookForPrompt()
      checkListens(command)
      const from = command.spool.size()
      if (session?.type(typed) === false) throw notRead(command)
      await waitFor(command, { ms: reactionMsMax, signal: call.signal, progress: call.progress })
      await answerLive({ shell, call, command, from, charsMax: outputChars.default })
    },
  })
}

function notRead({ id }: Command): Failure {
  return new Failure(
    `${id} has not read what was typed before, and no more than ${typedBytesMax} bytes can wait for it. Nothing was typed. ` +
      'Look at what it does with read_terminal or terminal_screen, or stop it with signal_terminal.',
  )
}

/** Models send one key as a string, or several in one. */
function acceptKeyList(raw: Arguments): Arguments {
  return typeof raw.keys === 'string' ? { ...raw, keys: raw.keys.split(/\s+/).filter(Boolean) } : raw
}

function checkListens(command: Command): void {
  const status = statusOf(command)
  if (status !== 'running' && status !== 'waiting_tty') {
    throw new Failure(`${command.id} has ended (${status}): nothing can be typed into it. Run the command again.`)
  }
  if (command.mode === 'terminal' || status === 'waiting_tty') return
  throw new Failure(
    `${command.id} does not wait for input: it was started without "tty", so its stdin is empty. ` +
      'To stop it use signal_terminal; to talk to it, stop it and run it again with "tty": true.',
  )
}
