import type { Duplex } from 'node:stream'
import { deserializeMessage, type JSONRPCMessage, serializeMessage, type Transport } from '@modelcontextprotocol/client'
import { messageBytesMax } from '../wire/message.js'
import { createLineReader } from './line-reader.js'

/** By these the SDK knows a transport for a local pipe, on which silence means an old server and no outage. */
interface PipeTransport extends Transport {
  readonly stderr: null
  readonly pid: null
}

/** Messages that are looked at before this process does something else, so that a server that floods stops nobody. */
const messagesPerTurnMax = 100

/** MCP's newline-delimited framing over any duplex stream: a child's stdio, a container's exec, a socket. */
export function createDuplexTransport(stream: Duplex): Transport {
  const transport: PipeTransport = {
    stderr: null,
    pid: null,
    async start() {
      const read = createLineReader({ bytesMax: messageBytesMax, onLine: inTurn(stream, deliver) })
      stream.on('data', (chunk: Buffer) => {
        if (!read(chunk)) stream.destroy(new Error(`A line has more than ${messageBytesMax} bytes; that is not MCP.`))
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

  /** A line that is not a message is reported and skipped: some servers print to stdout. */
  function deliver(line: string): void {
    try {
      transport.onmessage?.(deserializeMessage(line))
    } catch (error) {
      transport.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  return transport
}

/** Hands lines on, so many in each turn of the event loop; the stream waits for the others. */
function inTurn(stream: Duplex, deliver: (line: string) => void): (line: string) => void {
  let waiting: string[] = []
  let left = messagesPerTurnMax

  const goOn = (): void => {
    left = messagesPerTurnMax
    const lines = waiting
    waiting = []
    stream.resume()
    for (const line of lines) take(line)
  }
  const take = (line: string): void => {
    if (left === messagesPerTurnMax) setImmediate(goOn)
    if (left > 0) {
      left -= 1
      deliver(line)
    } else {
      waiting.push(line)
      stream.pause()
    }
  }
  return take
}
