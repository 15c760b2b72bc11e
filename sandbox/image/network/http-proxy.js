import { createServer, request as httpRequest, STATUS_CODES } from 'node:http'
import { Duplex } from 'node:stream'
import { join } from './join.js'
import { openTunnel } from './tunnel.js'

const clientsMax = 256
/** For the head of a request. What follows may take as long as it needs. */
const headTimeoutMs = 30_000

/**
 * An HTTP proxy: CONNECT, and `GET http://…` for plain requests, each of which gets a connection of its own.
 *
 * @param {import('node:http2').ClientHttp2Session} session
 */
export function createHttpProxy(session) {
  const server = createServer({ headersTimeout: headTimeoutMs, requestTimeout: 0, noDelay: true })
  server.maxConnections = clientsMax
  server.on('connect', (request, _, head) => void carry({ session, request, head }))
  server.on('request', (request, response) => void forward({ session, request, response }))
  return server
}

/**
 * @param {object} options
 * @param {import('node:http2').ClientHttp2Session} options.session
 * @param {import('node:http').IncomingMessage} options.request
 * @param {Buffer} options.head what the client sent without waiting for the answer
 */
async function carry({ session, request, head }) {
  const { socket, url: authority = '' } = request
  const outcome = await openTunnel({ session, authority, client: socket })
  if ('refusal' in outcome) {
    socket.end(refusalText(outcome.refusal))
    return
  }
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
  if (head.length > 0) outcome.stream.write(head)
  join({ stream: outcome.stream, socket })
}

/** @param {import('./tunnel.js').Refusal} refusal */
function refusalText({ status, reason }) {
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

/**
 * @typedef {object} Exchange
 * @property {import('node:http2').ClientHttp2Session} session
 * @property {import('node:http').IncomingMessage} request
 * @property {import('node:http').ServerResponse} response
 */

/** @param {Exchange} exchange */
async function forward({ session, request, response }) {
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
  const { stream } = outcome
  const upstream = httpRequest({
    // Text that is written together with bytes leaves an http2 stream garbled on Node 20; here all become bytes.
    createConnection: () => Duplex.from({ readable: stream, writable: stream }),
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
    if (!response.writableFinished) stream.destroy(new Error('The client has gone.'))
  })
  request.on('error', () => {})
  request.pipe(upstream)
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {string} host
 */
function headersFor({ headers, rawHeaders }, host) {
  const kept = withoutHop(rawHeaders, [...hopByHop, 'host', 'expect'])
  return [...kept, 'Host', host, 'Connection', 'close', ...bodyLength(headers)]
}

/**
 * A body has to end for the server where it ended for us, whatever the method.
 *
 * @param {import('node:http').IncomingHttpHeaders} headers
 */
function bodyLength(headers) {
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

/**
 * @param {readonly string[]} rawHeaders names and values in turn
 * @param {readonly string[]} dropped
 */
function withoutHop(rawHeaders, dropped) {
  const pairs = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []))
  const named = pairs.filter(([name]) => name?.toLowerCase() === 'connection').map(([, value]) => value ?? '')
  const all = new Set([
    ...dropped,
    ...named
      .join(',')
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  ])
  return pairs.filter(([name]) => !all.has(name?.toLowerCase() ?? '')).flat()
}

/**
 * @param {import('node:http').IncomingMessage} reply
 * @param {import('node:http').ServerResponse} response
 */
function passOn(reply, response) {
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

/**
 * @param {import('node:http').ServerResponse} response
 * @param {import('./tunnel.js').Refusal} refusal
 */
function answer(response, { status, reason }) {
  response.writeHead(status, { [reasonHeader]: reason, 'Content-Type': 'text/plain', Connection: 'close' })
  response.end(`${reason}\n`)
}
