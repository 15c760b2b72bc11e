import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Chat, Played } from '../chat.js'
import type { Clock } from '../clock.js'
import type { RecordedRequest } from '../scripted-model.js'
import { readJson } from './read-body.js'
import { Refusal } from './refusal.js'
import { findRoute } from './route.js'
import { sendBody } from './send-body.js'
import { sendJson } from './send-json.js'

interface HttpOptions {
  chat: Chat
  models: readonly string[]
  clock: Clock
  apiKey: string | undefined
  concurrencyMax: number
  bodyBytesMax: number
  delayMs: number
  record: (request: RecordedRequest) => void
}

/** The handler for a `node:http` server; `abort` ends every answer under way. */
export function serveHttp(options: HttpOptions): { handle: RequestListener; abort: () => void } {
  const underWay = new Set<AbortController>()

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = findRoute(request.method ?? '', request.url ?? '')
    checkKey(request, options.apiKey)
    if (found === 'models') return sendJson(response, { status: 200, body: modelList(options.models) })
    const crowded = underWay.size >= options.concurrencyMax
    const gone = new AbortController()
    underWay.add(gone)
    response.once('close', () => {
      underWay.delete(gone)
      gone.abort()
    })
    await answerChat({ ...options, request, response, crowded, signal: gone.signal })
  }

  return {
    abort: () => {
      for (const gone of underWay) gone.abort()
    },
    handle: (request, response) => {
      route(request, response).catch((error: unknown) => answerError(response, error))
    },
  }
}

interface ChatExchange extends HttpOptions {
  request: IncomingMessage
  response: ServerResponse
  crowded: boolean
  signal: AbortSignal
}

async function answerChat({ request, response, crowded, signal, ...options }: ChatExchange): Promise<void> {
  const { chat, clock, delayMs, record } = options
  const receivedAt = clock.now()
  let body: unknown
  let played: Played | undefined
  try {
    body = await readJson(request, options.bodyBytesMax)
    if (crowded) throw tooMany(options.concurrencyMax)
    const reply = chat.answer(body, (told) => {
      played = told
    })
    record({ receivedAt, body, status: 200, error: undefined, ...traceOf(played), usage: reply.usage })
    const whole = await sendBody({ response, ...reply, delayMs, clock, signal })
    if (whole) reply.delivered()
  } catch (error) {
    if (error instanceof Refusal) {
      record({ receivedAt, body, status: error.status, error: error.message, ...traceOf(played), usage: undefined })
    }
    throw error
  }
}

function traceOf(played: Played | undefined) {
  return { step: played?.step, attempt: played?.attempt }
}

/** Errors after the headers are a client that went away, or the server closing: there is nobody left to tell. */
function answerError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal({ status: 500, message: `The scripted model failed: ${error}`, code: 'internal_error' })
  sendJson(response, { status: refusal.status, body: refusal.body, headers: refusal.headers })
}

function checkKey(request: IncomingMessage, apiKey: string | undefined): void {
  if (apiKey === undefined) return
  const given = request.headers.authorization ?? ''
  if (timingSafeEqual(digest(given), digest(`Bearer ${apiKey}`))) return
  const found = given === '' ? 'none' : 'another'
  throw new Refusal({
    status: 401,
    message: `Authentication Fails: expected "Authorization: Bearer" with this server's key, found ${found}.`,
  })
}

/** Equal length for the comparison in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function tooMany(concurrencyMax: number): Refusal {
  return new Refusal({
    status: 429,
    message: `Rate limit reached: expected at most ${concurrencyMax} requests at once. Try again when one has ended.`,
    code: 'rate_limit_reached',
  })
}

function modelList(models: readonly string[]) {
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', owned_by: 'deepseek' })) }
}
