import type { Logger } from 'pino'
import { SessionFailure } from './failure.js'

/** Runs that stopped because the log could not be written; they go on by themselves once it can. */
export interface Retries {
  add(session: string): void
  close(): void
}

export interface RetriesOptions {
  /** Rejects with `storage_failed` where it cannot be done yet. */
  resume(session: string): Promise<void>
  log: Logger
}

export const retryMs = 5_000

export function createRetries({ resume, log }: RetriesOptions): Retries {
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const tryAll = async () => {
    for (const session of [...waiting]) {
      try {
        await resume(session)
        waiting.delete(session)
      } catch (error) {
        log.warn({ err: error, sessionId: session }, 'a run that the log refused cannot go on')
        if (!(error instanceof SessionFailure && error.code === 'storage_failed')) waiting.delete(session)
      }
    }
    timer = undefined
    schedule()
  }
  const schedule = () => {
    if (waiting.size > 0) timer ??= setTimeout(tryAll, retryMs).unref()
  }

  return {
    add(session) {
      waiting.add(session)
      schedule()
    },
    close() {
      waiting.clear()
      clearTimeout(timer)
    },
  }
}
