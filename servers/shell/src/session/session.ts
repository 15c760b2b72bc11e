import { rmSync } from 'node:fs'
import { Failure } from '@auroracoder/kit'
import type { Report, Runner } from '../bash/runner.js'
import type { Limits } from '../limits.js'
import { type Signal, signalOf } from '../process/signal.js'
import type { Belonging } from '../process/sweep.js'
import type { Screen } from '../terminal/screen.js'
import { createBackground } from './background.js'
import { type Command, endCommand, setPrompt } from './command.js'
import { createPromptWatch, type PromptWatch } from './prompt-watch.js'
import { createShells, type RunnerStart, type StartedRunner } from './shells.js'
import { type SignalResult, signalCommand } from './signal-command.js'
import type { Snapshot } from './snapshot.js'
import { stopCommand } from './stop.js'

/** Background work that ended: a background command, or a job that a command left behind with `&`. */
export type EndedWork = { commandId: string } | { pid: number; command: string; exitCode: number }

export interface SessionOptions {
  name: string
  /** `NAME=value` for the environment of everything that runs in it. */
  mark: string
  /** Folder of this session, made with its first shell and removed by `release`. */
  folder: string
  snapshot: Snapshot
  startRunner(start: RunnerStart): Promise<Runner>
  openScreen(onReply: (text: string) => void): Screen
  /** Where the first shell starts. */
  cwd: string
  limits: Limits
  now(): number
  onEndedWork(work: EndedWork): void
}

export interface SessionRun {
  /** Unique among all commands of the server. */
  number: number
  command: Command
  cwd: string | undefined
  env: Readonly<Record<string, string>>
  timeoutMs: number | undefined
}

/** A shell that stays, and the commands given to it. */
export interface Session {
  readonly name: string
  readonly folder: string
  /** The command that the shell is busy with. */
  current(): Command | undefined
  /** Background commands of it are running. */
  hasBackground(): boolean
  /** Where the next command starts. */
  cwd(): string
  lastUsedAtMs(): number
  /** Resolves once the command has been handed to the shell. Throws `Failure` while another is running. */
  run(run: SessionRun): Promise<void>
  stop(command: Command, reason: string): Promise<void>
  signal(command: Command, signal: Signal): Promise<SignalResult>
  /** Looks whether the current command waits for input. */
  lookForPrompt(): void
  /** Types into the terminal of the current command. False when too much waits there already. */
  type(text: string): boolean
  belonging(): Belonging
  /** Its commands count as killed from now on. Ending the processes is up to `sweep`, which takes many sessions at once. */
  condemn(reason: string): void
  /** Releases descriptors and files. */
  release(): void
}

export function createSession(options: SessionOptions): Session {
  const { limits, now, mark } = options
  let current: Command | undefined
  let watch: PromptWatch | undefined
  let cwd = options.cwd
  let usedAtMs = now()

  const background = createBackground({ now, onEnded: ({ id }) => options.onEndedWork({ commandId: id }) })
  const shells = createShells({
    ...options,
    isNeeded: background.isNeeded,
    onEnded: (number, exitCode) => background.end(number, { exitCode, signal: signalOf(exitCode) }),
    onJobEnded: ({ pid, command }, exitCode) => options.onEndedWork({ pid, command, exitCode }),
    onTerminalData: (chunk) => watch?.saw(chunk),
  })

  const settle = ({ command, number }: SessionRun, report: Report): void => {
    watch?.stop()
    watch = undefined
    current = undefined
    usedAtMs = now()
    if (report.kind === 'died') {
      background.drop(number)
      endCommand(command, { status: 'shell_restarted', exitCode: report.exitCode, signal: report.signal }, now())
      return
    }
    cwd = report.cwd || cwd
    command.cwd = cwd
    if (report.kind === 'behind') {
      command.group = report.pid
      return
    }
    const { exitCode } = report
    endCommand(command, { status: 'exited', exitCode, signal: signalOf(exitCode) }, now())
  }

  /** The system refused what the command needs (descriptors, disk). */
  const giveUp = ({ command, number }: SessionRun, error: unknown): void => {
    watch?.stop()
    background.drop(number)
    current = undefined
    command.stopReason = `the server could not run it: ${error instanceof Error ? error.message : String(error)}`
    endCommand(command, { status: 'exited', exitCode: null, signal: null }, now())
  }

  const runnerOf = (command: Command): Runner | undefined =>
    command === current ? shells.living() : background.runnerOf(command)
  const stop = async (command: Command, reason: string): Promise<void> => {
    const on = runnerOf(command)
    if (on !== undefined) await stopCommand(command, { runner: on, reason, graceMs: limits.interruptGraceMs })
  }

  const take = (run: SessionRun, on: Runner, chunk: Buffer): void => {
    const { command, number } = run
    const wasFull = command.spool.size() > limits.outputBytesMax
    command.spool.append(chunk)
    command.events.emit('output')
    if (command.mode === 'terminal') {
      watch?.saw(chunk)
      command.screen?.write(chunk)
    } else if (command === current) watch?.wrote(chunk)
    if (wasFull || command.spool.size() <= limits.outputBytesMax) return
    void stop(command, `it wrote more than ${limits.outputBytesMax} bytes of output`)
    on.deafen(number)
  }

  const perform = async (run: SessionRun, { runner: on, beginning }: StartedRunner, isRetry = false): Promise<void> => {
    const { command, number: id, cwd: directory, env } = run
    const { text, mode } = command
    command.beginning = beginning
    if (mode === 'background') background.add(id, command, on)
    if (mode === 'terminal') command.screen ??= options.openScreen((reply) => shells.living()?.type(reply))
    watch = createPromptWatch({
      isReadingTerminal: (look) => on.isReadingTerminal(look),
      onPrompt: (prompt) => setPrompt(command, prompt),
      isOnTerminal: mode === 'terminal',
    })
    const report = await on.run({ id, text, mode, env, cwd: directory, onOutput: (chunk) => take(run, on, chunk) })
    const isLost = report.kind === 'died' && !report.isStarted && command.stopReason === undefined
    if (isLost && !isRetry) return perform(run, await shells.replace(cwd), true)
    settle(run, report)
  }

  return {
    name: options.name,
    folder: options.folder,
    current: () => current,
    hasBackground: () => background.commands().length > 0,
    cwd: () => cwd,
    lastUsedAtMs: () => usedAtMs,
    async run(run) {
      const { command } = run
      if (current !== undefined) throw busy(options.name, current)
      current = command
      usedAtMs = now()
      try {
        const taken = await shells.obtain(cwd)
        if (command.mode === 'terminal' && !taken.runner.hasTerminal) throw noTerminal()
        const done = perform(run, taken).catch((error: unknown) => giveUp(run, error))
        if (run.timeoutMs !== undefined) limitTime(run, run.timeoutMs, stop)
        if (command.mode === 'background') await done
      } catch (error) {
        current = undefined
        throw error
      }
    },
    stop,
    async signal(command, signal) {
      const on = runnerOf(command)
      return on === undefined ? { ended: [], alive: [] } : signalCommand(command, { runner: on, signal })
    },
    lookForPrompt: () => watch?.look(),
    type(text) {
      if (shells.living()?.type(text) === false) return false
      if (current !== undefined) setPrompt(current, undefined)
      watch?.answered()
      return true
    },
    belonging() {
      const shell = shells.living()
      return { mark, shells: new Set(shell === undefined ? [] : [shell.pid]) }
    },
    condemn(reason) {
      for (const command of [...(current === undefined ? [] : [current]), ...background.commands()]) {
        command.stopReason ??= reason
        endCommand(command, { status: 'killed', exitCode: null, signal: 'SIGKILL' }, now())
      }
    },
    release() {
      watch?.stop()
      background.close()
      shells.release()
      rmSync(options.folder, { recursive: true, force: true })
    },
  }
}

function limitTime(run: SessionRun, ms: number, stop: Session['stop']): void {
  const { command } = run
  const timer = setTimeout(() => void stop(command, `it ran longer than timeout_ms ${ms}`), ms)
  timer.unref()
  command.events.on('state', () => {
    if (command.ending !== undefined) clearTimeout(timer)
  })
}

function busy(session: string, running: Command): Failure {
  return new Failure(
    `Session "${session}" is busy: ${running.id} is still running (${JSON.stringify(running.text.slice(0, 80))}). ` +
      `Read it with read_terminal {"command_id":"${running.id}","wait_ms":30000}, ` +
      `or run this in another session: "session": "new".`,
  )
}

function noTerminal(): Failure {
  return new Failure('"tty": true needs node-pty, which could not be loaded here. Run the command without "tty".')
}
