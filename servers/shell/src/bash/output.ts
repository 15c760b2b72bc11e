import { existsSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { errorCode } from '@auroracoder/kit/jail'
import { type FifoPool, openReader } from './fifo.js'

/** The reading end of one command's stdout and stderr. */
export interface Output {
  readonly path: string
  /** Begins to read. */
  follow(listener: OutputListener): void
  /** Everything that was written before this call has been read: a background job may hold the FIFO open for ever. */
  drain(): Promise<void>
  /** True once every writer is gone. */
  ended(): boolean
  /** Writers get SIGPIPE from now on. */
  close(): void
}

export interface OutputListener {
  onData(chunk: Buffer): void
  onEnd(): void
}

const openTriesMax = 64
const idleTurnsToBeDrained = 2

/** Opens outputs: the next one ahead of time, while nobody waits for it. */
export interface OutputStock {
  take(): Promise<Output>
  prepare(): void
  close(): void
}

export function createOutputStock(pool: FifoPool): OutputStock {
  let spare: Promise<Output | undefined> | undefined
  let isClosed = false
  return {
    async take() {
      const prepared = await spare
      spare = undefined
      if (prepared === undefined) return openAny(pool)
      if (existsSync(prepared.path)) return prepared
      // Bash would write to a file of that name.
      prepared.close()
      return openAny(pool)
    },
    prepare() {
      // What is refused now (descriptors) is an error only for a command that needs it.
      if (!isClosed) spare ??= openOutput(pool).catch(() => undefined)
    },
    close() {
      isClosed = true
      void spare?.then((output) => output?.close())
    },
  }
}

/** Also when a command has removed those that lay ready. */
async function openAny(pool: FifoPool): Promise<Output> {
  for (let tries = 0; ; tries++) {
    try {
      return await openOutput(pool)
    } catch (error) {
      if (tries === openTriesMax || errorCode(error) !== 'ENOENT') throw error
    }
  }
}

async function openOutput(pool: FifoPool): Promise<Output> {
  const path = await pool.take()
  const socket = openReader(path)
  let chunks = 0
  let ended = false
  let isAbandoned = false
  socket.on('error', () => {})
  socket.on('close', () => {
    ended = true
    // Who still holds the other end would write into the output of the next command.
    if (!isAbandoned) pool.giveBack(path)
  })
  return {
    path,
    follow({ onData, onEnd }) {
      socket.on('data', (chunk) => {
        chunks += 1
        onData(chunk)
      })
      socket.on('close', onEnd)
    },
    async drain() {
      for (let idle = 0; !ended && idle < idleTurnsToBeDrained; ) {
        const before = chunks
        await turn()
        idle = chunks === before ? idle + 1 : 0
      }
    },
    ended: () => ended,
    close() {
      isAbandoned = true
      socket.destroy()
    },
  }
}
