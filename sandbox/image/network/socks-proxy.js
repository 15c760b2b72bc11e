import { createServer } from 'node:net'
import { join } from './join.js'
import { parseGreeting, parseRequest } from './socks-messages.js'
import { openTunnel } from './tunnel.js'

const clientsMax = 256
const handshakeTimeoutMs = 10_000

/**
 * A SOCKS 5 proxy without authentication that only connects.
 *
 * @param {import('node:http2').ClientHttp2Session} session
 */
export function createSocksProxy(session) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void serve(session, socket))
  server.maxConnections = clientsMax
  return server
}

// RFC 1928, section 6.
const codes = { succeeded: 0, generalFailure: 1, notAllowed: 2, hostUnreachable: 4, commandNotSupported: 7 }
const connectCommand = 1
const noAuthentication = 0

/**
 * @param {import('node:http2').ClientHttp2Session} session
 * @param {import('node:net').Socket} socket
 */
async function serve(session, socket) {
  socket.on('error', () => {})
  const authority = await handshake(socket)
  if (authority === undefined) return
  const outcome = await openTunnel({ session, authority, client: socket })
  if ('refusal' in outcome) {
    turnAway(socket, reply(codeOf(outcome.refusal)))
    return
  }
  socket.write(reply(codes.succeeded))
  join({ stream: outcome.stream, socket })
}

/**
 * None when the client was turned away.
 *
 * @param {import('node:net').Socket} socket
 */
async function handshake(socket) {
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

/**
 * Takes one message and leaves what follows it; none when it is bad or the client has gone.
 *
 * @template T
 * @param {import('node:net').Socket} socket
 * @param {(received: Buffer) => import('./socks-messages.js').Parsed<T>} parse
 * @returns {Promise<T | undefined>}
 */
async function receive(socket, parse) {
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

/**
 * @param {import('node:net').Socket} socket
 * @returns {Promise<Buffer | undefined>} none at the end
 */
function nextChunk(socket) {
  return new Promise((resolve) => {
    const take = () => {
      const chunk = socket.read()
      if (chunk === null && !socket.readableEnded && !socket.destroyed) return
      for (const event of events) socket.off(event, take)
      resolve(chunk ?? undefined)
    }
    const events = ['readable', 'end', 'close']
    for (const event of events) socket.on(event, take)
    take()
  })
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Buffer} [last]
 * @returns {undefined}
 */
function turnAway(socket, last) {
  if (last) socket.write(last)
  socket.destroySoon()
}

/** @param {import('./tunnel.js').Refusal} refusal */
function codeOf({ status }) {
  if (status === 403) return codes.notAllowed
  return status === 502 || status === 504 ? codes.hostUnreachable : codes.generalFailure
}

/**
 * With an address that nobody uses: the one that the connection comes from is the host's.
 *
 * @param {number} code
 */
function reply(code) {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
}
