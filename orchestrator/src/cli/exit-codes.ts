/** What a command ends with; the numbers are part of the interface. */
export const exitCodes = {
  completed: 0,
  failed: 1,
  usage: 2,
  limitReached: 3,
  approvalNeeded: 4,
  cancelled: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
