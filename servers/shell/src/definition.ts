import { accessSync, constants, mkdirSync } from 'node:fs'
import { Failure, type Family, type ServerDefinition, type ServerOptions } from '@auroracoder/kit'
import { createJail } from '@auroracoder/kit/jail'
import { commandEnvironment } from './environment/environment.js'
import { shellTools } from './family.js'
import { defaultLimits } from './limits.js'
import { createShell } from './shell/shell.js'
import { createStarter } from './shell/starter.js'
import { openScreen } from './terminal/screen.js'

export const shellServer: ServerDefinition = {
  name: 'shell',
  title: 'A persistent shell that knows when a command is done',
  version: '0.1.0',
  instructions:
    'run_terminal_command runs Bash in a session that stays: cd, variables, functions and jobs carry over to the next command. ' +
    'The answer comes the moment the command ends and its last line tells how; never add sleeps, markers or "; echo done". ' +
    'A command that is still running after yield_ms goes on: read_terminal waits for it and reads new output by cursor. ' +
    'Run servers and watchers with background: true and read their log. ' +
    'A busy session refuses a second command: read the running one, or use "session": "new". ' +
    'stdin is empty. A program that asks on the terminal shows up as waiting_tty with its question: answer with write_terminal. ' +
    'For programs that need a terminal set tty: true. signal_terminal stops a command, reset_terminal a whole session, ' +
    'list_terminals shows what runs and which ports it listens on. Pagers, colours and prompts of git and apt are switched off.',
  flags: {
    'pass-env': {
      type: 'string',
      description: 'comma-separated names of variables to hand on to commands beside the usual ones',
    },
  },
  create,
}

async function create({ roots, stateDir, flags, log }: ServerOptions): Promise<Family> {
  if (process.platform === 'win32') throw new Failure('Windows has no Bash: run this server in WSL or in the sandbox.')
  const jail = await createJail(roots)
  const passed = flags['pass-env']
  const names = typeof passed === 'string' ? passed.split(',').map((name) => name.trim()) : []
  const env = commandEnvironment(process.env, names)
  const starter = createStarter({ env, log, loadPty: () => import('node-pty') })
  const [root = '/'] = jail.roots
  checkWritable(stateDir)
  const shell = createShell({
    root,
    stateDir,
    limits: defaultLimits,
    startRunner: starter.start,
    openScreen: (onReply) => openScreen({ load: () => import('@xterm/headless'), onReply }),
    now: Date.now,
  })
  return { tools: shellTools({ shell, jail, missing: starter.missing }), close: () => shell.close() }
}

function checkWritable(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    accessSync(stateDir, constants.W_OK)
  } catch (cause) {
    throw new Failure(`The state folder "${stateDir}" cannot be written. Pass another with --state DIR.`, { cause })
  }
}
