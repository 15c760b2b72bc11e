import { EventEmitter } from 'node:events'
import type { RunRequest } from '../bash/runner.js'
import type { Spool } from '../spool/spool.js'
import type { Screen } from '../terminal/screen.js'
import type { Beginning } from './shells.js'

export type Mode = RunRequest['mode']

/** How a command ended. */
export interface Ending {
  status: 'exited' | 'killed' | 'shell_restarted'
  exitCode: number | null
  signal: string | null
  /** Why it was ended before its time. */
  reason: string | undefined
}

/** One command of a session, from its start until it is forgotten. */
export interface Command {
  readonly id: string
  readonly conversation: string
  readonly session: string
  readonly text: string
  readonly mode: Mode
  readonly spool: Spool
  /** Of a command on the terminal. */
  screen: Screen | undefined
  readonly startedAtMs: number
  /** Key of the call that started it: the same call sent again gets this command. */
  readonly key: string | undefined
  /** Working directory of the shell when the command started, and after it ended. */
  cwd: string
  /** Leader of a background command's process group. */
  group: number | undefined
  ending: Ending | undefined
  endedAtMs: number | undefined
  /** Set while the command waits for input from the terminal: what it asked. */
  prompt: string | undefined
  /** Why it is being stopped, if it is. */
  stopReason: string | undefined
  /** Of the shell that ran it, when it was its first. */
  beginning: Beginning
  readonly events: EventEmitter<CommandEvents>
}

/** `state`: ended, or began or stopped to wait for input. */
export interface CommandEvents {
  output: []
  state: []
}

export type CommandStart = Pick<
  Command,
  'id' | 'conversation' | 'session' | 'text' | 'mode' | 'spool' | 'key' | 'cwd' | 'startedAtMs'
>

export function createCommand(start: CommandStart): Command {
  return {
    ...start,
    screen: undefined,
    group: undefined,
    ending: undefined,
    endedAtMs: undefined,
    prompt: undefined,
    stopReason: undefined,
    beginning: undefined,
    events: new EventEmitter<CommandEvents>().setMaxListeners(0),
  }
}

export function endCommand(command: Command, ending: Omit<Ending, 'reason'>, nowMs: number): void {
  if (command.ending !== undefined) return
  const stopped = command.stopReason !== undefined && ending.status === 'exited'
  command.ending = { ...ending, status: stopped ? 'killed' : ending.status, reason: command.stopReason }
  command.endedAtMs = nowMs
  command.prompt = undefined
  command.screen?.close()
  command.events.emit('state')
}

export function setPrompt(command: Command, prompt: string | undefined): void {
  if (command.prompt === prompt || command.ending !== undefined) return
  command.prompt = prompt
  command.events.emit('state')
}

export type CommandStatus = 'running' | 'waiting_tty' | Ending['status']

export function statusOf(command: Command): CommandStatus {
  if (command.ending !== undefined) return command.ending.status
  return command.prompt === undefined ? 'running' : 'waiting_tty'
}
