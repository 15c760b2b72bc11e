import { Failure } from '@auroracoder/kit/jail'

/**
 * An error as the log tells it: with the code that a failure brings, or as a defect of ours. Not among what this room
 * lists, which has to run in browsers too.
 */
export function problemOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Failure)) return { code: 'internal', message }
  return { code: 'code' in error && typeof error.code === 'string' ? error.code : 'agent_failed', message }
}
