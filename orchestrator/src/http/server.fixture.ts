import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { EventSource } from 'eventsource'
import type { Agent } from '../events/index.js'
import { createSnapshotKeeper, createWorkspaceFiles, type SnapshotKeeper } from '../sessions/index.js'
import { createFolder, type Folder, type Service, silent } from '../sessions/service.fixture.js'
import { createServer, type HttpServer, type ServerOptions } from './server.js'

export const token = 'a-token-that-is-long-enough'

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies of any shape
  body: any
}

export interface Bench {
  folder: Folder
  service: Service
  server: HttpServer
  snapshots: SnapshotKeeper
  /** One request with the token; `path` may be a whole URL. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A new scratch session's id. */
  session(): Promise<string>
  /** A real EventSource on the session's events. */
  source(id: string, query?: string, origin?: string): EventSource
  dispose(): Promise<void>
}

export type BenchOptions = Partial<Omit<ServerOptions, 'sessions'>> & { agent: Agent }

/** A server on a free port, with a data directory of its own. */
export async function createBench({ agent, ...options }: BenchOptions): Promise<Bench> {
  const folder = await createFolder()
  const { metrics } = options
  const watched = metrics ? { wrap: metrics.watchStore, observe: metrics.observe } : {}
  const service = await folder.serve({ agent, ...watched })
  const snapshots = createSnapshotKeeper({ root: join(folder.path, 'snapshots'), env: process.env })
  const server = createServer({
    sessions: service.sessions,
    token,
    toMessages: (events) => events.map(({ type }) => ({ role: type })),
    catalog: { models: async () => [], tools: async () => [] },
    files: createWorkspaceFiles({ sessions: service.sessions, snapshots }),
    version: '1.2.3',
    log: silent,
    now: Date.now,
    ...options,
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  const sources: EventSource[] = []

  const call: Bench['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, server.url), {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text }
  }

  return {
    folder,
    service,
    server,
    snapshots,
    call,
    session: async () => (await call('POST', '/v1/sessions', {})).body.session.id,
    source(id, query = '', origin = server.url) {
      const url = `${origin}/v1/sessions/${id}/events${query}`
      const authorized: typeof fetch = (input, init) =>
        fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } })
      const source = new EventSource(url, { fetch: authorized })
      sources.push(source)
      return source
    },
    async dispose() {
      for (const source of sources) source.close()
      await server.close()
      await folder.dispose()
    },
  }
}

/** A request with headers that `fetch` does not let through, such as Host. */
export function rawCall(url: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      readText(response).then((text) => {
        const isJson = response.headers['content-type']?.startsWith('application/json')
        const head = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
        resolve({ status: response.statusCode ?? 0, headers: head, body: isJson ? JSON.parse(text) : text })
      }, reject)
    })
    request.on('error', reject)
    request.end()
  })
}

/** A client that has asked for an event stream over a bare socket, and reads only what it is told to. */
export function bareStream(server: HttpServer, id: string, query = '', headers: Record<string, string> = {}): Socket {
  const { hostname, port, host } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const head = { Host: host, Authorization: `Bearer ${token}`, Connection: 'close', ...headers }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET /v1/sessions/${id}/events${query} HTTP/1.1\r\n${lines.join('')}\r\n`)
  return socket
}

export interface Frame {
  id?: string
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into events of any type
  data: any
}

/** The frames of a finished event stream, and how many comments stood between them. */
export function parseFrames(text: string): Frame[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const fields = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const id = fields.get('id')
      return {
        ...(id === undefined ? {} : { id }),
        event: fields.get('event') ?? '',
        data: JSON.parse(fields.get('data') ?? 'null'),
      }
    })
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
