import type { ElicitResult } from '@modelcontextprotocol/client'

/** A call as far as what its server says meanwhile concerns it. */
export interface CallUnderWay {
  answer(params: unknown): Promise<ElicitResult>
  log(entry: { level: string; text: string }): void
}

/**
 * The calls of one connection, the newest last. The revisions before 2026-07-28 do not say to which call a question or
 * a log line belongs: it is taken for the newest one's.
 */
export type CallsUnderWay = Set<CallUnderWay>

export function newestOf(calls: CallsUnderWay): CallUnderWay | undefined {
  return [...calls].at(-1)
}
