import { createServer, type Server, type Socket } from 'node:net'
import { join } from '../tunnel/join.js'
import type { Refusal, Session } from '../tunnel/session.js'
import { type Parsed, parseGreeting, parseRequest } from './socks-messages.js'
import { idleTimeoutMs } from './stdio.js'
import { openTunnel } from './tunnels.js'

const clientsMax = 256
const handshakeTimeoutMs = 10_000

/** A SOCKS 5 proxy without authentication that only connects. */
export function createSocksProxy(session: Session): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serve(session, socket))
  server.maxConnections = clientsMax
  return server
}

// RFC 1928, section 6.
const codes = { succeeded: 0, generalFailure: 1, notAllowed: 2, hostUnreachable: 4, commandNotSupported: 7 }
const connectCommand = 1
const noAuthentication = 0

async function serve(session: Session, socket: Socket): Promise<void> {
  socket.on('error', () => {})
  const authority = await handshake(socket)
  if (authority === undefined) return
  const outcome = await openTunnel({ session, authority, client: socket })
  if ('refusal' in outcome) {
    turnAway(socket, reply(codeOf(outcome.refusal)))
    return
  }
  socket.write(reply(codes.succeeded))
  join({ tunnel: outcome.tunnel, socket, idleTimeoutMs })
}

/** None when the client was turned away. */
async function handshake(socket: Socket): Promise<string | undefined> {
  const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs)
  try {
    const methods = await receive(socket, parseGreeting)
    if (methods === undefined) return turnAway(socket)
    if (!methods.includes(noAuthentication)) return turnAway(socket, Buffer.from([5, 0xff]))
    socket.write(Buffer.from([5, noAuthentication]))
    const request = await receive(socket, parseRequest)
    if (request === undefined) return turnAway(socket)
    if (request.command !== connectCommand) return turnAway(socket, reply(codes.commandNotSupported))
    return request.authority
  } finally {
    clearTimeout(timer)
  }
}

/** Takes one message and leaves what follows it; none when it is bad or the client has gone. */
async function receive<T>(socket: Socket, parse: (received: Buffer) => Parsed<T>): Promise<T | undefined> {
  let received = Buffer.alloc(0)
  for (;;) {
    const parsed = parse(received)
    if (parsed === 'bad') return undefined
    if (parsed !== 'incomplete') {
      if (parsed.bytes < received.length) socket.unshift(received.subarray(parsed.bytes))
      return parsed.value
    }
    const chunk = await nextChunk(socket)
    if (chunk === undefined) return undefined
    received = Buffer.concat([received, chunk])
  }
}

/** None at the end. */
function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const take = (): void => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null && !socket.readableEnded && !socket.destroyed) return
      for (const event of events) socket.off(event, take)
      resolve(chunk ?? undefined)
    }
    const events = ['readable', 'end', 'close']
    for (const event of events) socket.on(event, take)
    take()
  })
}

function turnAway(socket: Socket, last?: Buffer): undefined {
  if (last) socket.write(last)
  socket.destroySoon()
}

function codeOf({ status }: Refusal): number {
  if (status === 403) return codes.notAllowed
  return status >= 502 ? codes.hostUnreachable : codes.generalFailure
}

/** With an address that nobody uses: the one that the connection comes from is the host's. */
function reply(code: number): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
}
