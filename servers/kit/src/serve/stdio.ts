import { Writable } from 'node:stream'
import type { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { messageBytesMax } from '../wire/message.js'
import type { Log } from './definition.js'

export interface StdioOptions {
  createServer(): Server
  log: Log
  /** Called when the client has closed our stdin. */
  onEnd(): void
}

/** Serves one client on stdin and stdout, whichever revision it opens with. */
export function serveOnStdio({ createServer, log, onEnd }: StdioOptions): { close(): Promise<void> } {
  const protocolOut = reserveStdout()
  process.stdin.on('end', onEnd)
  process.stdin.on('close', onEnd)
  return serveStdio(() => createServer(), {
    transport: new StdioServerTransport(process.stdin, protocolOut, { maxBufferSize: messageBytesMax }),
    onerror: (error) => log.warn('protocol error', { err: error }),
  })
}

/** Hands out the only way to write to stdout; what anything else prints goes to stderr. */
function reserveStdout(): Writable {
  const write = process.stdout.write.bind(process.stdout)
  const diverted: typeof process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    const callback = rest.find((argument) => typeof argument === 'function')
    return process.stderr.write(chunk, () => callback?.())
  }
  process.stdout.write = diverted
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      write(chunk, (error) => done(error ?? null))
    },
  })
}
