import { stat } from 'node:fs/promises'
import { type Call, defineTool, Failure, type Tool } from '@auroracoder/kit'
import type { Jail } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { answerLive } from '../answer/answer.js'
import { waitFor } from '../answer/wait.js'
import { commandBytesMax, outputChars, timeoutMs, yieldMs } from '../limits.js'
import { newSession } from '../shell/session-book.js'
import type { ToolContext } from './context.js'
import { acceptRunHabits } from './run-habits.js'

export function runTerminalCommand(context: ToolContext): Tool {
  const { shell, jail, turns, missing } = context
  return defineTool({
    name: 'run_terminal_command',
    title: 'Run a terminal command',
    description:
      'Runs a command in a Bash that stays: directory, variables, functions and jobs live on in the session. ' +
      `Returns the moment the command ends. One that takes longer than yield_ms (default ${yieldMs.default}) keeps running ` +
      'and is read with read_terminal; nothing is killed unless timeout_ms is given. ' +
      'stdin is empty; for a program that needs a terminal set tty. Servers and watchers: set background. ' +
      'One command at a time in a session; "session": "new" opens another. ' +
      'The last line of the answer tells status (exited, running, waiting_tty, killed, shell_restarted), exit_code, cwd, ' +
      'and background work that ended since. Long output is shown as head and tail.',
    input: {
      command: z.string().describe('Bash source, one line or many'),
      session: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,40}$/, 'Expected up to 40 letters, digits, "_" or "-"')
        .default('main')
        .describe(`Shell to use (default "main"); "${newSession}" opens another and names it in the answer`),
      cwd: z
        .string()
        .optional()
        .describe('Directory to enter first, absolute or relative to the root; the session stays there'),
      env: z.record(z.string(), z.string()).optional().describe('Variables for this command only'),
      yield_ms: z
        .int()
        .min(yieldMs.min)
        .max(yieldMs.max)
        .default(yieldMs.default)
        .describe(`Longest wait for the end, ${yieldMs.min} to ${yieldMs.max} (default ${yieldMs.default})`),
      timeout_ms: z
        .int()
        .min(timeoutMs.min)
        .max(timeoutMs.max)
        .optional()
        .describe('Kills the command after this time (default: never)'),
      background: z
        .boolean()
        .default(false)
        .describe('Returns at once with command_id and the path of the log (default false)'),
      tty: z.boolean().default(false).describe('Connects the command to a terminal (default false)'),
      max_output: z
        .int()
        .min(outputChars.min)
        .max(outputChars.max)
        .default(outputChars.default)
        .describe(
          `Characters of output in the answer, ${outputChars.min} to ${outputChars.max} (default ${outputChars.default})`,
        ),
    },
    example: { command: 'npm test', yield_ms: 30_000 },
    accept: acceptRunHabits,
    hints: { readOnly: false, destructive: true, idempotent: false, openWorld: true },
    async handler(input, call) {
      checkCommand(input.command)
      const env = checkEnv(input.env ?? {})
      const cwd = input.cwd === undefined ? undefined : await directoryIn(jail, input.cwd)
      if (input.tty && input.background)
        throw new Failure('"tty" and "background" exclude each other: pass one of them.')
      const isNew = input.session === newSession
      const endTurn = isNew
        ? () => {}
        : await turns.take(JSON.stringify([call.conversation, input.session]), call.signal)
      try {
        const command = await shell.start({
          conversation: call.conversation,
          session: input.session,
          text: input.command,
          mode: input.background ? 'background' : input.tty ? 'terminal' : 'foreground',
          cwd,
          env,
          timeoutMs: input.timeout_ms,
          key: call.key,
        })
        const lack = missing()
        if (lack !== undefined) call.reply.note(lack)
        await waitForEnd(context, command, { ms: input.background ? 0 : input.yield_ms, call })
        await answerLive({ shell, call, command, from: 0, charsMax: input.max_output })
      } finally {
        endTurn()
      }
    },
  })
}

async function waitForEnd(
  { shell }: ToolContext,
  command: Parameters<typeof waitFor>[0],
  { ms, call }: { ms: number; call: Call },
): Promise<void> {
  await waitFor(command, { ms, signal: call.signal, progress: call.progress })
  if (call.signal.aborted) return shell.stop(command, 'the call was cancelled')
  if (command.ending === undefined) shell.session(command.conversation, command.session)?.lookForPrompt()
}

function checkCommand(text: string): void {
  if (text.trim() === '') throw new Failure('"command" is empty: pass the Bash source to run, for example "ls -la".')
  if (text.includes('\0')) throw new Failure('"command" contains a NUL character, which Bash cannot hold: remove it.')
  const bytes = Buffer.byteLength(text)
  if (bytes <= commandBytesMax) return
  throw new Failure(`"command" has ${bytes} bytes, more than ${commandBytesMax}: write it to a file and run that.`)
}

/** Bash does not let anybody assign these. */
const readonlyNames = ['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'PPID', 'SHELLOPTS', 'UID']

function checkEnv(env: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || readonlyNames.includes(name)) {
      throw new Failure(
        `"env" names ${JSON.stringify(name.slice(0, 60))}, which cannot be set: use letters, digits and "_".`,
      )
    }
    if (value.includes('\0')) throw new Failure(`"env" gives ${name} a NUL character, which no variable can hold.`)
  }
  return env
}

async function directoryIn(jail: Jail, path: string): Promise<string> {
  const real = await jail.resolve(path)
  const stats = await stat(real).catch(() => undefined)
  if (stats?.isDirectory()) return real
  const found = stats === undefined ? 'there is nothing at that path' : 'it is not a directory'
  throw new Failure(`"cwd" expects an existing directory, but ${found}: ${real}. Roots: ${jail.roots.join(', ')}.`)
}
