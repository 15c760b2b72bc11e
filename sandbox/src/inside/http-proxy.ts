import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import { join } from '../tunnel/join.js'
import type { Refusal, Session } from '../tunnel/session.js'
import { idleTimeoutMs } from './stdio.js'
import { openTunnel } from './tunnels.js'

const clientsMax = 256
/** For the head of a request. What follows may take as long as it needs. */
const headTimeoutMs = 30_000

/** An HTTP proxy: CONNECT, and `GET http://…` for plain requests, each of which gets a connection of its own. */
export function createHttpProxy(session: Session): Server {
  const server = createServer({ headersTimeout: headTimeoutMs, requestTimeout: 0, noDelay: true })
  server.maxConnections = clientsMax
  server.on('connect', (request, socket, head) => void carry({ session, request, socket: socket as Socket, head }))
  server.on('request', (request, response) => void forward({ session, request, response }))
  return server
}

interface Carried {
  session: Session
  request: IncomingMessage
  socket: Socket
  /** What the client sent without waiting for the answer. */
  head: Buffer
}

async function carry({ session, request, socket, head }: Carried): Promise<void> {
  const outcome = await openTunnel({ session, authority: request.url ?? '', client: socket })
  if ('refusal' in outcome) {
    socket.write(refusalText(outcome.refusal))
    socket.destroySoon()
    return
  }
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
  if (head.length > 0) outcome.tunnel.write(head)
  join({ tunnel: outcome.tunnel, socket, idleTimeoutMs })
}

function refusalText({ status, reason }: Refusal): string {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Failed'}`,
    `${reasonHeader}: ${reason}`,
    'Content-Type: text/plain',
    `Content-Length: ${reason.length + 1}`,
    'Connection: close',
    '',
    `${reason}\n`,
  ]
  return lines.join('\r\n')
}

const reasonHeader = 'X-AuroraCoder-Refused'

interface Exchange {
  session: Session
  request: IncomingMessage
  response: ServerResponse
}

async function forward({ session, request, response }: Exchange): Promise<void> {
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined
  if (url?.protocol !== 'http:') {
    answer(response, { status: 400, reason: 'This is a proxy: expected "GET http://host/path", or CONNECT for https.' })
    return
  }
  const authority = `${url.hostname}:${url.port || 80}`
  const outcome = await openTunnel({ session, authority, client: request.socket })
  if ('refusal' in outcome) {
    answer(response, outcome.refusal)
    return
  }
  const { tunnel } = outcome
  if (tunnel.destroyed) {
    answer(response, { status: 502, reason: `${authority} broke the connection.` })
    return
  }
  const upstream = httpRequest({
    createConnection: () => tunnel,
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: headersFor(request, url.host),
    setHost: false,
  })
  upstream.on('response', (reply) => passOn(reply, response))
  upstream.on('error', () => {
    if (response.headersSent) response.destroy()
    else answer(response, { status: 502, reason: `${authority} gave no answer that is HTTP.` })
  })
  response.on('close', () => {
    // A server may keep its side open whatever it was asked; and may answer while the client still sends.
    request.unpipe(upstream)
    request.resume()
    tunnel.destroy()
  })
  request.on('error', () => {})
  request.pipe(upstream)
}

function headersFor({ headers, rawHeaders }: IncomingMessage, host: string): string[] {
  const kept = withoutHop(rawHeaders, [...hopByHop, 'host', 'expect'])
  return [...kept, 'Host', host, 'Connection', 'close', ...bodyLength(headers)]
}

/** A body has to end for the server where it ended for us, whatever the method. */
function bodyLength(headers: IncomingHttpHeaders): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  return headers['content-length'] === undefined ? ['Content-Length', '0'] : []
}

/** Of RFC 9110, section 7.6.1, and the older ones that proxies are still sent. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** `rawHeaders`: names and values in turn. */
function withoutHop(rawHeaders: readonly string[], dropped: readonly string[]): string[] {
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [{ name, key: name.toLowerCase(), value: rawHeaders[index + 1] ?? '' }] : [],
  )
  const named = pairs.filter(({ key }) => key === 'connection').flatMap(({ value }) => value.split(','))
  const all = new Set([...dropped, ...named.map((name) => name.trim().toLowerCase())])
  return pairs.filter(({ key }) => !all.has(key)).flatMap(({ name, value }) => [name, value])
}

function passOn(reply: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false
  try {
    response.writeHead(reply.statusCode ?? 502, reply.statusMessage, withoutHop(reply.rawHeaders, hopByHop))
  } catch {
    // The parser takes more than may be written.
    response.destroy()
    return
  }
  reply.on('error', () => response.destroy())
  reply.pipe(response)
}

function answer(response: ServerResponse, { status, reason }: Refusal): void {
  response.writeHead(status, { [reasonHeader]: reason, 'Content-Type': 'text/plain', Connection: 'close' })
  response.end(`${reason}\n`)
}
