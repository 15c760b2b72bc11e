import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Opened {
  socket: Socket
  /** What the proxy answered. */
  answer: Buffer
}

/** Sends something to a port of this machine; `answerBytes` or a blank line later, the answer is complete. */
export async function openThrough(port: number, target: string): Promise<Opened> {
  const socket = openSocket(port)
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  return { socket, answer: await readUntil(socket, (received) => received.includes('\r\n\r\n')) }
}

export function openSocket(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.on('error', () => {})
  return socket
}

/** All that the other side sends until it ends, or breaks off. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk))
  await anyOf(socket, ['end', 'close'])
  return Buffer.concat(chunks)
}

/** Reads until enough has come or the other side has ended. */
export async function readUntil(socket: Socket, isEnough: (received: Buffer) => boolean): Promise<Buffer> {
  let received = Buffer.alloc(0)
  while (!isEnough(received) && !socket.readableEnded && !socket.destroyed) {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) await anyOf(socket, ['readable', 'end', 'close'])
    else received = Buffer.concat([received, chunk])
  }
  return received
}

function anyOf(socket: Socket, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of events) socket.off(event, settle)
      resolve()
    }
    for (const event of events) socket.on(event, settle)
  })
}

/** A SOCKS 5 client; the request is made of the type and bytes of an address. */
export async function openSocks(port: number, address: Buffer): Promise<Opened> {
  const socket = openSocket(port)
  socket.write(Buffer.from([5, 1, 0]))
  await readUntil(socket, (received) => received.length >= 2)
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), address]))
  return { socket, answer: await readUntil(socket, (received) => received.length >= 10) }
}

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface PlainRequest {
  port: number
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** A request as a client sends it to a proxy: with the whole URL. */
export function requestThrough({ port, url, method = 'GET', headers = {}, body }: PlainRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: url, method, headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', (reply: IncomingMessage) => {
      const { statusCode = 0, headers } = reply
      text(reply).then((body) => resolve({ status: statusCode, headers, body }), reject)
    })
    outgoing.end(body)
  })
}
