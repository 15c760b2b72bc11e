import type { TerminalLook } from '../process/foreground.js'
import type { Job } from './records.js'

/** One command as it is given to whatever runs it. */
export interface RunRequest {
  /** Unique among the commands of one runner. */
  id: number
  text: string
  /** Directory to enter first. */
  cwd: string | undefined
  /** For this command only. */
  env: Readonly<Record<string, string>>
  mode: 'foreground' | 'background' | 'terminal'
  onOutput(chunk: Buffer): void
}

/**
 * `behind`: a background command was started; its end comes by `onEnded`. `died`: the shell ended before it could report;
 * unless `isStarted`, nothing of the command has been executed.
 */
export type Report =
  | { kind: 'done'; exitCode: number; cwd: string }
  | { kind: 'behind'; pid: number; cwd: string }
  | { kind: 'died'; exitCode: number | null; signal: string | null; isStarted: boolean }

export interface Exit {
  exitCode: number | null
  signal: string | null
}

export interface RunnerEvents {
  /** A background command ended by itself or by a signal other than KILL. */
  onEnded(id: number, exitCode: number): void
  /** A job that some command left behind with `&` ended. */
  onJobEnded(job: Job, exitCode: number): void
  /** Something was written to the controlling terminal. */
  onTerminalData(chunk: Buffer): void
}

/** Runs the commands of one session, one at a time. */
export interface Runner {
  readonly pid: number
  readonly hasTerminal: boolean
  /** Output of the command has been read up to the moment it ended when this resolves; never rejects for the command's sake. */
  run(request: RunRequest): Promise<Report>
  /** Stops listening to what a finished command left behind: its writers get SIGPIPE. */
  deafen(id: number): void
  /** False when the shell ended while nothing ran, whose exit may not have been told yet, or when its files were removed. */
  isAlive(): boolean
  /** True when the shell is dead and nothing it left behind writes output any more. */
  isDeserted(): boolean
  /** Types into the controlling terminal. False when too much waits there already. */
  type(text: string): boolean
  /** Process ids of what runs in the foreground, without the shell. */
  foreground(): number[]
  /** Ctrl-C for what runs in the foreground. */
  interrupt(): void
  /** KILL for what runs in the foreground, not for the shell. */
  killForeground(): void
  /** True when a foreground process is blocked on input from the terminal. */
  isReadingTerminal(look: TerminalLook): boolean
  readonly exited: Promise<Exit>
  /** KILLs the shell itself and releases every descriptor. */
  destroy(): void
}
