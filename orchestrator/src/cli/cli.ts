import yargs, { type Argv } from 'yargs'
import { type ExitCode, exitCodes } from './exit-codes.js'
import type { RunArguments } from './run.js'
import type { SandboxArguments, SandboxRequest } from './sandbox.js'
import type { ScriptedModelArguments } from './scripted-model.js'
import type { ServeArguments } from './serve.js'

/** What the commands do; each settles with the exit code of the process. */
export interface Commands {
  serve(args: ServeArguments): Promise<ExitCode>
  start(args: ServeArguments): Promise<ExitCode>
  run(args: RunArguments): Promise<ExitCode>
  scriptedModel(args: ScriptedModelArguments): Promise<ExitCode>
  sandbox(args: SandboxArguments): Promise<ExitCode>
}

const settingsOptions = {
  'data-dir': { type: 'string', describe: 'where sessions and tokens are kept' },
  sandbox: { choices: ['auto', 'docker', 'local'], describe: 'where the tools run' },
  approvals: {
    choices: ['auto', 'allow', 'ask', 'deny'],
    describe: 'what becomes of tool calls (default: auto, which asks before what can destroy outside a sandbox)',
  },
  trace: { type: 'boolean', describe: 'write every call of a model down, in traces/ of the data directory' },
  json: { type: 'boolean', default: false, describe: 'print JSON lines for programs' },
} as const

const serveOptions = {
  ...settingsOptions,
  host: { type: 'string', describe: 'address to listen on (default: 127.0.0.1)' },
  port: { type: 'number', describe: 'port to listen on, 0 for any free one (default: 8080)' },
  instance: { type: 'string', describe: 'name among several that share the data directory (default: default)' },
  resume: {
    type: 'boolean',
    default: true,
    describe: 'go on with runs that were interrupted (--no-resume: leave them)',
  },
} as const

/** Reads the command line and runs its command. Wrong usage is told on stderr and ends with 2. */
export async function runCli(argv: readonly string[], commands: Commands, version: string): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.completed
  const settle = async (running: Promise<ExitCode>): Promise<void> => {
    exitCode = await running
  }

  const parser = yargs([...argv])
    .scriptName('auroracoder')
    .version(version)
    .command('serve', 'serve the API over HTTP and SSE', serveOptions, (args) =>
      settle(commands.serve(serveArguments(args))),
    )
    .command('start', 'serve, and without an API key show a demonstration', serveOptions, (args) =>
      settle(commands.start(serveArguments(args))),
    )
    .command(
      'run <task>',
      'run one task in the terminal and exit',
      (command) =>
        command.positional('task', { type: 'string', demandOption: true, describe: 'what to do' }).options({
          ...settingsOptions,
          workspace: { type: 'string', describe: 'directory to work in (default: a new scratch folder)' },
          session: { type: 'string', describe: 'go on in this session' },
          model: { type: 'string', describe: 'model to use' },
        }),
      ({ task, workspace, session, model, json, dataDir, sandbox, approvals, trace }) =>
        settle(
          commands.run({ task, workspace, session, json, settings: { dataDir, sandbox, approvals, trace, model } }),
        ),
    )
    .command(
      'scripted-model',
      'play a script as an OpenAI-compatible model, for tests',
      {
        script: { type: 'string', demandOption: true, describe: 'JSON file with the script' },
        port: { type: 'number', default: 0, describe: 'port to listen on, 0 for any free one' },
        'delay-ms': { type: 'number', default: 0, describe: 'pause before each piece of an answer' },
        json: settingsOptions.json,
      },
      ({ script, port, delayMs, json }) => settle(commands.scriptedModel({ script, port, delayMs, json })),
    )
    .command('sandbox', 'build the image of the sandbox, and look after sandboxes', (command) =>
      sandboxActions(command, (args) => settle(commands.sandbox(args))),
    )
    .demandCommand(1, 'Name a command.')
    .strict()
    .exitProcess(false)
    .fail((problem, error) => {
      // Thrown, since yargs would run the command all the same.
      throw error ?? new UsageFailure(problem)
    })

  try {
    await parser.parseAsync()
    return exitCode
  } catch (error) {
    if (!(error instanceof UsageFailure)) throw error
    process.stderr.write(`auroracoder: ${error.message}\nSee auroracoder --help.\n`)
    return exitCodes.usage
  }
}

const sandboxOptions = {
  'data-dir': settingsOptions['data-dir'],
  json: { type: 'boolean', default: false, describe: 'print JSON for programs' },
} as const
const sandboxName = { type: 'string', demandOption: true, describe: 'its name or session' } as const

function sandboxActions(command: Argv, act: (args: SandboxArguments) => Promise<void>) {
  const plain = (action: 'build' | 'list' | 'sweep', describe: string) =>
    command.command(action, describe, sandboxOptions, (args) => act(sandboxArguments({ action }, args)))
  plain('build', 'build the image; unchanged parts are taken from the last time')
  plain('list', 'list the sandboxes on the engine')
  plain('sweep', 'remove what services that are gone have left')
  return command
    .command(
      'stop <name>',
      'end a sandbox; its session starts another when it needs one',
      (stop) => stop.positional('name', sandboxName).options(sandboxOptions),
      (args) => act(sandboxArguments({ action: 'stop', name: args.name }, args)),
    )
    .command(
      'shell <name>',
      'open a shell in a sandbox',
      (shell) =>
        shell
          .positional('name', sandboxName)
          .options({ ...sandboxOptions, root: { type: 'boolean', default: false, describe: 'as root' } }),
      (args) => act(sandboxArguments({ action: 'shell', name: args.name, root: args.root }, args)),
    )
    .demandCommand(1, 'Name what to do with sandboxes.')
}

function sandboxArguments(
  request: SandboxRequest,
  { dataDir, json }: { dataDir: string | undefined; json: boolean },
): SandboxArguments {
  return { ...request, json, settings: { dataDir } }
}

class UsageFailure extends Error {
  override readonly name = 'UsageFailure'
}

interface ParsedServe {
  host: string | undefined
  port: number | undefined
  dataDir: string | undefined
  sandbox: 'auto' | 'docker' | 'local' | undefined
  approvals: 'auto' | 'allow' | 'ask' | 'deny' | undefined
  instance: string | undefined
  trace: boolean | undefined
  json: boolean
  resume: boolean
}

function serveArguments({ json, resume, ...settings }: ParsedServe): ServeArguments {
  const { host, port, dataDir, sandbox, approvals, instance, trace } = settings
  return { json, resume, settings: { host, port, dataDir, sandbox, approvals, instance, trace } }
}
