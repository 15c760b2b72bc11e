import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'
import type { Settings } from '../config/config.js'
import { openSnapshots, type Snapshots } from '../sessions/index.js'
import { askInTerminal } from './ask-in-terminal.js'
import type { ExitCode } from './exit-codes.js'
import { followRun } from './follow-run.js'
import type { Orchestrator, World } from './orchestrator.js'
import { createTerminal, printable, type Style, type Terminal } from './style.js'
import { createTranscript } from './transcript.js'
import { endingSignal } from './until-signal.js'

export interface RunArguments {
  task: string
  workspace: string | undefined
  session: string | undefined
  json: boolean
  settings: Settings
}

/** Runs one task to its end, shown in the terminal or as JSON lines. */
export async function runCommand(args: RunArguments, { open, env, cwd }: World): Promise<ExitCode> {
  const ending = endingSignal()
  const orchestrator = await open({ settings: args.settings, env, recover: 'nothing' })
  try {
    return await showTask(orchestrator, {
      task: args.task,
      session: await sessionFor(args, orchestrator, cwd),
      json: args.json,
      ending,
      env,
    })
  } finally {
    await orchestrator.close()
  }
}

interface SessionChoice {
  id: string
  workspace: string
}

async function sessionFor(args: RunArguments, { sessions, config }: Orchestrator, cwd: string): Promise<SessionChoice> {
  if (args.session !== undefined && args.workspace !== undefined) {
    throw new Failure('--session and --workspace exclude each other: a session has its workspace. Give one of them.')
  }
  if (args.session !== undefined) return sessions.get(args.session)
  const workspace = args.workspace === undefined ? null : resolve(cwd, args.workspace)
  return sessions.create({ workspace, sandbox: config.sandbox })
}

export interface TaskOptions {
  task: string
  session: SessionChoice
  json: boolean
  ending: AbortSignal
  env: World['env']
}

/** Runs one task in a session and shows it: the transcript and what it changed, or every event as a JSON line. */
export async function showTask(orchestrator: Orchestrator, options: TaskOptions): Promise<ExitCode> {
  const { sessions, modelId } = orchestrator
  const { task, session, json, ending, env } = options
  const terminal = createTerminal(process.stdout, env)
  if (!json)
    terminal.write(
      `${terminal.style.bold(task)}\n${terminal.style.dim(`${modelId ?? 'no model'} in ${session.workspace}`)}\n\n`,
    )
  const changes = json ? undefined : await watchChanges(orchestrator, session, env)
  const { run, after } = await sessions.startRun(session.id, { input: [{ type: 'text', text: task }] })
  const transcript = createTranscript(terminal)
  const exitCode = await followRun({
    sessions,
    sessionId: session.id,
    runId: run.id,
    after,
    ending,
    answer: askInTerminal(!json && process.stdin.isTTY === true && process.stderr.isTTY === true),
    show: json ? (event) => terminal.write(`${JSON.stringify(event)}\n`) : transcript.show,
  })
  if (changes) await showChanges(changes, terminal)
  return exitCode
}

interface Changes {
  snapshots: Snapshots
  before: string
}

/** Without git there is no diff at the end; that is no reason not to work. */
async function watchChanges(
  { config }: Orchestrator,
  { workspace }: SessionChoice,
  env: World['env'],
): Promise<Changes | undefined> {
  const name = createHash('sha256').update(workspace).digest('hex').slice(0, 16)
  const gitDir = join(config.dataDir, 'snapshots', name)
  try {
    const snapshots = await openSnapshots({ workspace, gitDir, env, apart: [config.dataDir] })
    return { snapshots, before: (await snapshots.look()).tree }
  } catch (error) {
    sayNoDiff(error)
    return undefined
  }
}

/** The task is over: whatever happens here, its exit code stands. */
async function showChanges({ snapshots, before }: Changes, { write, style }: Terminal): Promise<void> {
  try {
    const { text: diff } = await snapshots.diff(before, 'now')
    write(diff === '' ? style.dim('No file was changed.\n') : `${coloured(printable(diff), style)}\n`)
  } catch (error) {
    sayNoDiff(error)
  }
}

function sayNoDiff(error: unknown): void {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`No diff will be shown: ${error.message}\n`)
}

function coloured(diff: string, style: Style): string {
  const lines = diff.split('\n').map((line) => {
    if (line.startsWith('+') && !line.startsWith('+++')) return style.green(line)
    if (line.startsWith('-') && !line.startsWith('---')) return style.red(line)
    return line.startsWith('diff ') ? style.bold(line) : line
  })
  return lines.join('\n')
}
