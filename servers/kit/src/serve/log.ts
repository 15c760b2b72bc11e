import type { Logger } from 'pino'
import type { Log } from './definition.js'
import type { LogLevel } from './flags.js'

export interface ServerLog extends Log {
  /** Settles when every line so far is on stderr. */
  flush(): Promise<void>
}

const order: readonly LogLevel[] = ['silent', 'error', 'warn', 'info', 'debug']

/** JSON lines on stderr by pino, which is loaded at the first line: it would cost 28 ms of every start. */
export function createLog(name: string, level: LogLevel): ServerLog {
  let ready: Promise<Logger> | undefined
  let written: Promise<unknown> = Promise.resolve()

  const write = (at: Exclude<LogLevel, 'silent'>, message: string, fields: Record<string, unknown>): void => {
    if (order.indexOf(at) > order.indexOf(level)) return
    ready ??= import('pino').then(({ pino }) => pino({ name, level }, pino.destination({ dest: 2, sync: true })))
    written = Promise.all([written, ready]).then(([, logger]) => logger[at](fields, message))
  }

  return {
    debug: (message, fields = {}) => write('debug', message, fields),
    info: (message, fields = {}) => write('info', message, fields),
    warn: (message, fields = {}) => write('warn', message, fields),
    error: (message, fields = {}) => write('error', message, fields),
    flush: async () => void (await written),
  }
}
