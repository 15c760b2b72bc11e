import type { Duplex } from 'node:stream'
import { type JSONRPCMessage, ReadBuffer, serializeMessage, type Transport } from '@modelcontextprotocol/client'
import { messageBytesMax } from '../wire/message.js'

/** MCP's newline-delimited framing over any duplex stream: a child's stdio, a container's exec, a socket. */
export function createDuplexTransport(stream: Duplex): Transport {
  const received = new ReadBuffer({ maxBufferSize: messageBytesMax })

  const transport: Transport = {
    async start() {
      stream.on('data', (chunk: Buffer) => {
        if (accept(chunk)) deliver()
      })
      stream.on('error', (error) => transport.onerror?.(error))
      stream.once('close', () => transport.onclose?.())
      stream.once('end', () => stream.destroy())
    },
    send(message: JSONRPCMessage) {
      return new Promise((resolve, reject) => {
        stream.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()))
      })
    },
    async close() {
      stream.end()
      stream.destroy()
    },
  }

  function accept(chunk: Buffer): boolean {
    try {
      received.append(chunk)
      return true
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  /** A line that is not a message is reported and skipped: some servers print to stdout. */
  function deliver(): void {
    for (;;) {
      try {
        const message = received.readMessage()
        if (message === null) return
        transport.onmessage?.(message)
      } catch (error) {
        transport.onerror?.(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  return transport
}
