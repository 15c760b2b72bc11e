import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, isLegacyRequest, type Server } from '@modelcontextprotocol/server'
import { Failure } from '../failure.js'
import type { Log } from './definition.js'
import type { HttpAddress } from './flags.js'
import { createGuard, isLoopback } from './http-guard.js'
import { createLegacySessions } from './legacy-sessions.js'
import { openAtOnce } from './open-stream.js'

export interface HttpOptions {
  createServer(): Server
  log: Log
  address: HttpAddress
  token: string | undefined
}

export interface HttpServing {
  /** Of the MCP endpoint. */
  readonly url: string
  close(): Promise<void>
}

const endpoint = '/mcp'
export const requestBytesMax = 4 * 1024 * 1024

/** Streamable HTTP: requests of the 2025 revisions go to sessions, all others are stateless. */
export async function serveOnHttp({ createServer, log, address, token }: HttpOptions): Promise<HttpServing> {
  if (!isLoopback(address.host) && token === undefined) {
    throw new Failure(`Serving on ${address.host} needs a bearer token: set --token or its environment variable.`)
  }
  const onerror = (error: Error): void => log.warn('protocol error', { err: error })
  const modern = createMcpHandler(() => createServer(), {
    legacy: 'reject',
    onerror,
    maxRequestBodySize: requestBytesMax,
  })
  const legacy = createLegacySessions({ createServer, log })
  const admit = createGuard(token)

  const handle = toNodeHandler({
    async fetch(request, options) {
      const isLegacy = await isLegacyRequest(request, undefined, { maxRequestBodySize: requestBytesMax })
      return openAtOnce(await (isLegacy ? legacy.fetch(request) : modern.fetch(request, options)))
    },
  })
  const http = createHttpServer((request: IncomingMessage, response: ServerResponse) => {
    const refusal = admit(request)
    if (refusal) return refuse(response, refusal.status, refusal.message)
    if (pathOf(request) !== endpoint) {
      return refuse(response, 404, `Nothing is served here; the MCP endpoint is ${endpoint}.`)
    }
    if (!isComplete(request)) return refuse(response, 400, 'The request has no method or no path.')
    handle(request, response).catch((error: unknown) => {
      log.error('request failed', { err: error })
      if (!response.headersSent) refuse(response, 500, 'The request failed inside the server; its log says why.')
      else response.destroy()
    })
  })
  const { port } = await listen(http, address)
  const shownHost = address.host.includes(':') ? `[${address.host}]` : address.host
  return {
    url: `http://${shownHost}:${port}${endpoint}`,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      await Promise.allSettled([modern.close(), legacy.close()])
      http.closeAllConnections()
      await closed
    },
  }
}

/** Not by `URL`, which throws on targets that HTTP allows, such as `*` and `//`. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

/** Node types both as optional, since a client's responses share the class; on a server they are set. */
function isComplete(request: IncomingMessage): request is IncomingMessage & { method: string; url: string } {
  return request.method !== undefined && request.url !== undefined
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } })
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  response.writeHead(status, { 'content-type': 'application/json', ...challenge }).end(body)
}

function listen(http: ReturnType<typeof createHttpServer>, { host, port }: HttpAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => reject(listenFailure(cause, host, port)))
    http.listen(port, host, () => {
      const bound = http.address()
      if (bound === null || typeof bound === 'string') reject(new Error('A TCP server has no address after listening.'))
      else resolve(bound)
    })
  })
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): Failure {
  const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message
  return new Failure(`Cannot listen on ${host}:${port}: ${why}. Choose another port, or 0 for any free one.`, { cause })
}
