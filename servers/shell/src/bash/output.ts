import { setImmediate as turn } from 'node:timers/promises'
import { type FifoPool, openReader } from './fifo.js'

/** The reading end of one command's stdout and stderr. */
export interface Output {
  readonly path: string
  /** Everything that was written before this call has been read: a background job may hold the FIFO open for ever. */
  drain(): Promise<void>
  /** True once every writer is gone. */
  ended(): boolean
  /** Writers get SIGPIPE from now on. */
  close(): void
}

export interface OutputOptions {
  pool: FifoPool
  onData(chunk: Buffer): void
  onEnd(): void
}

const idleTurnsToBeDrained = 2

export async function openOutput({ pool, onData, onEnd }: OutputOptions): Promise<Output> {
  const path = await pool.take()
  const socket = openReader(path)
  let chunks = 0
  let ended = false
  let isAbandoned = false
  socket.on('data', (chunk) => {
    chunks += 1
    onData(chunk)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    ended = true
    // Who still holds the other end would write into the output of the next command.
    if (!isAbandoned) pool.giveBack(path)
    onEnd()
  })
  return {
    path,
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
