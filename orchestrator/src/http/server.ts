import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Failure } from '@auroracoder/kit/jail'
import { getRequestListener } from '@hono/node-server'
import type { Logger } from 'pino'
import type { Providers } from '../providers/index.js'
import type { Sessions, WorkspaceFiles } from '../sessions/index.js'
import { createApp } from './app.js'
import { createAuth } from './auth.js'
import type { Catalog } from './catalog-routes.js'
import type { Check } from './check.js'
import type { ToMessages } from './event-routes.js'
import type { Metrics } from './metrics/metrics.js'
import { type Address, type Allowed, allowedAt, bracketed, isWildcard } from './origin-gate.js'
import type { PeerLimits } from './peer.js'
import type { SettingsDesk } from './settings-routes.js'
import { createStreamer } from './sse.js'

export const defaultStreamLimits: PeerLimits = { heartbeatMs: 10_000, stallMs: 30_000, reconnectMs: 1_000 }
/** Requests that are still being answered when the server closes have this long. */
const closeGraceMs = 2_000
const idleSweepMs = 20

export interface HttpServer {
  /** Rejects with a `Failure` when the address cannot be used. Port 0 takes a free one. */
  listen(address: Address): Promise<void>
  /** Where programs on this machine reach it. */
  readonly url: string
  /** A link that opens one browser, once, within minutes. */
  loginUrl(): string
  /** Ends the streams, lets other requests finish, and closes every connection. */
  close(): Promise<void>
}

export interface ServerOptions {
  sessions: Sessions
  token: string
  toMessages: ToMessages
  catalog: Catalog
  check?: Check
  providers?: Pick<Providers, 'list' | 'put' | 'remove' | 'test'>
  settings?: SettingsDesk
  files: WorkspaceFiles
  version: string
  log: Logger
  now: () => number
  /** Further names ("name:port") under which browsers may reach the server, for proxies and published ports. */
  allowedHosts?: readonly string[]
  streamLimits?: PeerLimits
  metrics?: Metrics
}

export function createServer({
  token,
  now,
  log,
  allowedHosts,
  streamLimits,
  metrics,
  ...rest
}: ServerOptions): HttpServer {
  const auth = createAuth({ token, now })
  const onError = (error: unknown) => log.error({ err: error }, 'an event stream broke')
  const watch = metrics ? { watch: metrics.streams } : {}
  const streamer = createStreamer({ limits: streamLimits ?? defaultStreamLimits, onError, ...watch })
  let bound: { address: Address; allowed: Allowed } | undefined
  const isBound = () => {
    if (bound === undefined) throw new Error('The server does not listen.')
    return bound
  }
  const app = createApp({ ...rest, auth, streamer, log, metrics, allowed: () => isBound().allowed })
  const server = serve(getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: answerBadRequest }))
  const closeIdle = watchConnections(server)

  return {
    async listen(address) {
      const port = await bind(server, address)
      const actual = { host: address.host, port }
      bound = { address: actual, allowed: allowedAt(actual, allowedHosts) }
    },
    get url() {
      return urlOf(isBound().address)
    },
    loginUrl: () => `${urlOf(isBound().address)}/login?code=${auth.newLoginCode()}`,
    close() {
      streamer.close()
      return closeServer(server, closeIdle)
    },
  }
}

/** On every answer, also on those that no route makes. */
const headers = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

function serve(listener: ReturnType<typeof getRequestListener>): Server {
  return createHttpServer((incoming, outgoing) => {
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value)
    void listener(incoming, outgoing)
  })
}

/** For requests whose URL or Host cannot be read, so that no route was found for them. */
function answerBadRequest(error: unknown): Response {
  const message = `${error instanceof Error ? error.message : 'The request cannot be read'}. Check the URL and the Host header.`
  return Response.json({ error: { code: 'bad_request', message, details: {} } }, { status: 400 })
}

function bind(server: Server, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explainBind(cause, { host, port })))
    server.listen({ host, port }, () => {
      const address = server.address()
      resolve(isAddressInfo(address) ? address.port : port)
    })
  })
}

function isAddressInfo(address: ReturnType<Server['address']>): address is AddressInfo {
  return address !== null && typeof address !== 'string'
}

function explainBind(cause: NodeJS.ErrnoException, { host, port }: Address): Failure {
  const where = `Port ${port} on ${host}`
  if (cause.code === 'EADDRINUSE') {
    return new Failure(`${where} is taken by another program; stop it, or pass another --port (0 takes a free one).`, {
      cause,
    })
  }
  if (cause.code === 'EACCES')
    return new Failure(`${where} is not permitted to this user; pass a --port above 1023.`, { cause })
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND') {
    return new Failure(`${host} is not an address of this machine; pass --host 127.0.0.1 or one that is.`, { cause })
  }
  return new Failure(`${where} cannot be opened (${cause.code ?? cause.message}).`, { cause })
}

function urlOf({ host, port }: Address): string {
  return `http://${isWildcard(host) ? '127.0.0.1' : bracketed(host)}:${port}`
}

async function closeServer(server: Server, closeIdle: () => void): Promise<void> {
  if (!server.listening) return
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection is kept for a next request when its last answer ends, also after the server was closed.
  const idle = setInterval(closeIdle, idleSweepMs)
  const force = setTimeout(() => server.closeAllConnections(), closeGraceMs)
  await closed
  clearInterval(idle)
  clearTimeout(force)
}

/**
 * What it returns closes the connections on which nothing is asked: the server's own `closeIdleConnections` takes one on
 * which no request has come yet for one that is in use.
 */
function watchConnections(server: Server): () => void {
  const answering = new Map<Socket, number>()
  server.on('connection', (socket) => {
    answering.set(socket, 0)
    socket.once('close', () => answering.delete(socket))
  })
  server.on('request', ({ socket }, outgoing) => {
    const count = (change: number) => {
      const now = answering.get(socket)
      if (now !== undefined) answering.set(socket, now + change)
    }
    count(1)
    outgoing.once('close', () => count(-1))
  })
  return () => {
    for (const [socket, requests] of answering) if (requests === 0) socket.destroy()
  }
}
