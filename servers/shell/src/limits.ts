const kib = 1024
const mib = 1024 * kib

/** Every bound of the shell server. The words that the model reads are built from these. */
export interface Limits {
  sessionsMax: number
  /** Commands whose output stays readable, running ones included. */
  commandsKeptMax: number
  /** Of one command, kept from the start of its output. */
  headBytesMax: number
  /** Of one command, kept from the end of its output; at least half of it is there at any time. */
  tailBytesMax: number
  /** Of all commands of one session, on disk. */
  sessionBytesMax: number
  /** A command that has written more is stopped. */
  outputBytesMax: number
  /** Between the polite signal and KILL. */
  interruptGraceMs: number
  /** A snapshot older than this is not taken over. */
  snapshotAgeMsMax: number
}

export const defaultLimits: Limits = {
  sessionsMax: 16,
  commandsKeptMax: 64,
  headBytesMax: 32 * mib,
  tailBytesMax: 32 * mib,
  sessionBytesMax: 512 * mib,
  outputBytesMax: 1024 * mib,
  interruptGraceMs: 700,
  snapshotAgeMsMax: 7 * 24 * 3_600_000,
}

export const yieldMs = { min: 250, default: 10_000, max: 50_000 } as const
export const waitMs = { min: 0, default: 0, max: 50_000 } as const
export const timeoutMs = { min: 100, max: 24 * 3_600_000 } as const
/** Characters of one answer. */
export const outputChars = { min: 200, default: 16_000, max: 60_000 } as const
export const commandBytesMax = mib
