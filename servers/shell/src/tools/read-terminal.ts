import { defineTool, Failure, type Tool } from '@auroracoder/kit'
import { z } from 'zod'
import { answerCommand, answerText, outputCharsFor } from '../answer/answer.js'
import { waitFor } from '../answer/wait.js'
import { outputChars, waitMs } from '../limits.js'
import { grepOutput } from '../text/grep.js'
import { tailOf } from '../text/tail.js'
import type { ToolContext } from './context.js'

export function readTerminal({ shell }: ToolContext): Tool {
  return defineTool({
    name: 'read_terminal',
    title: 'Read terminal output',
    description:
      'Reads the output of a command by its command_id, running or ended. With cursor (from an earlier answer) only what ' +
      'came after it; with tail the last lines; with grep the lines that match; else from the beginning. ' +
      `wait_ms (up to ${waitMs.max}) first waits for the command to end and returns the moment it does. ` +
      'The last line tells status, exit_code and the next cursor.',
    input: {
      command_id: z.string().describe('From the answer of run_terminal_command'),
      cursor: z.int().min(0).optional().describe('Byte offset to read from'),
      tail: z.int().min(1).max(5_000).optional().describe('Number of lines from the end'),
      grep: z
        .string()
        .min(1)
        .max(500)
        .optional()
        .describe('Regular expression (JavaScript); matching lines with their numbers'),
      wait_ms: z
        .int()
        .min(waitMs.min)
        .max(waitMs.max)
        .default(waitMs.default)
        .describe(`Longest wait for the end, ${waitMs.min} to ${waitMs.max} (default ${waitMs.default})`),
      max_output: z
        .int()
        .min(outputChars.min)
        .max(outputChars.max)
        .default(outputChars.default)
        .describe(
          `Characters of output in the answer, ${outputChars.min} to ${outputChars.max} (default ${outputChars.default})`,
        ),
    },
    example: { command_id: 'c1f2-3', cursor: 0, wait_ms: 30_000 },
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    async handler({ command_id: id, cursor, tail, grep, wait_ms: ms, max_output: charsMax }, call) {
      if ([cursor, tail, grep].filter((given) => given !== undefined).length > 1) {
        throw new Failure('"cursor", "tail" and "grep" exclude each other: pass one of them.')
      }
      const command = shell.command(call.conversation, id)
      const { spool } = command
      if (cursor !== undefined && cursor > spool.size()) {
        throw new Failure(`"cursor" is ${cursor}, but ${id} has written ${spool.size()} bytes: pass at most that.`)
      }
      await waitFor(command, { ms, signal: call.signal, progress: call.progress })
      if (command.ending === undefined) shell.session(command.conversation, command.session)?.lookForPrompt()
      const answer = { shell, call, command, charsMax }
      if (grep !== undefined) {
        answerText({ ...answer, from: spool.size() }, grepOutput(spool, grep, outputCharsFor(charsMax, call)))
      } else {
        const from = tail === undefined ? (cursor ?? 0) : tailOf(spool, tail)
        if (tail !== undefined && from === spool.size() && from > 0) {
          call.reply.note('The end of the output was not kept: the disk is full, or what may be kept is used up.')
        }
        answerCommand({ ...answer, from })
      }
    },
  })
}
