import { type Command, type CommandStatus, statusOf } from '../session/command.js'

/** What an answer says about a command, for machines: `_meta["auroracoder/result"]`. */
export interface Facts {
  command_id: string
  session: string
  status: CommandStatus
  exit_code: number | null
  signal: string | null
  /** Why it was stopped before its time. */
  reason?: string
  cwd: string
  duration_ms: number
  /** The output as it is shown. */
  output: string
  /** Bytes left out of it. */
  dropped_bytes: number
  /** Where the next read goes on. */
  cursor: number
  /** Background work that ended since the last answer. */
  jobs: {
    pid?: number
    command_id?: string
    command?: string
    status?: CommandStatus
    exit_code?: number | null
  }[]
  /** Of the terminal, when it is the screen that is shown. */
  screen?: { rows: number; columns: number; cursor: { row: number; column: number }; full_screen: boolean }
  /** What a program waits for input asked. */
  prompt?: string
  /** File that a background command's output grows in. */
  log?: string
  /** A fresh shell ran the command, with the directory and environment of the one before. */
  took_over?: boolean
  /** A fresh shell ran it, and nothing of the one before could be kept. */
  state_lost?: boolean
}

export function factsOf(
  command: Command,
  told: Pick<Facts, 'output' | 'dropped_bytes' | 'cursor' | 'jobs' | 'screen'>,
  nowMs: number,
): Facts {
  const { ending } = command
  return {
    command_id: command.id,
    session: command.session,
    status: statusOf(command),
    exit_code: ending?.exitCode ?? null,
    signal: ending?.signal ?? null,
    ...(ending?.reason === undefined ? {} : { reason: ending.reason }),
    cwd: command.cwd,
    duration_ms: Math.round((command.endedAtMs ?? nowMs) - command.startedAtMs),
    ...told,
    // On a full screen the question stands where the screen shows it.
    ...(command.prompt === undefined || told.screen?.full_screen ? {} : { prompt: command.prompt }),
    ...(command.mode === 'background' ? { log: command.spool.path } : {}),
    ...(command.beginning === undefined ? {} : { [command.beginning]: true }),
  }
}
