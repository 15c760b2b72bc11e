import { once } from 'node:events'
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface HttpAsk {
  method?: string
  path?: string
  headers?: Readonly<Record<string, string>>
  /** An object goes as JSON. */
  body?: object | string
}

/** One request by hand: `fetch` sets Host by itself and would mend a path. */
export function ask(url: URL, asked: HttpAsk): Promise<HttpAnswer> {
  return exchange(url, asked, (sent, body) => sent.end(body))
}

/** Sends a head and perhaps a part of a body, and never ends it. */
export function askUnfinished(url: URL, asked: HttpAsk): Promise<HttpAnswer> {
  return exchange(url, asked, (sent, body) => (body === undefined ? sent.flushHeaders() : sent.write(body)))
}

type Send = (sent: ClientRequest, body: string | undefined) => void

async function exchange(url: URL, { method = 'POST', path = url.pathname, headers, body }: HttpAsk, send: Send) {
  const sent = request(url, { method, path, headers: { ...defaults, ...headers } })
  send(sent, typeof body === 'object' ? JSON.stringify(body) : body)
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

const defaults = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

export const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

/** Opens a session of a 2025 revision and answers the headers that belong to it. */
export async function openSession(url: URL, headers: Readonly<Record<string, string>> = {}) {
  const answer = await ask(url, { headers, body: initialize })
  const id = answer.headers['mcp-session-id']
  if (typeof id !== 'string') throw new Error(`No session was opened: ${answer.status} ${answer.body}`)
  const session = { ...headers, 'mcp-session-id': id, 'mcp-protocol-version': '2025-06-18' }
  await ask(url, { headers: session, body: { jsonrpc: '2.0', method: 'notifications/initialized' } })
  return session
}
