import type { z } from 'zod'
import { ApiError, badAnswer, parseJson, shownCharsMax } from './api-error.js'
import type { Operation } from './operations.js'
import { pause, waitBefore } from './pause.js'
import { fillPath, type Transport, unreachable } from './transport.js'

export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
}

export interface CallRequest<Body extends z.ZodType> extends CallOptions {
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string | number | undefined>>
  body: z.input<Body>
  /** Only for operations that take one. */
  idempotencyKey?: string | undefined
}

/** Makes a call, again where it is safe and may help, and reads its answer by the operation's schema. */
export async function call<Body extends z.ZodType, Answer extends z.ZodType>(
  transport: Transport,
  operation: Operation<Body, Answer>,
  request: CallRequest<Body>,
): Promise<z.output<Answer>> {
  const { limits } = transport
  const signal = request.signal ?? never
  const key = operation.keyed ? (request.idempotencyKey ?? makeIdempotencyKey()) : undefined
  for (let repeat = 1; ; repeat += 1) {
    try {
      return await attempt(transport, operation, { ...request, idempotencyKey: key })
    } catch (error) {
      signal.throwIfAborted()
      const again = repeat <= limits.retriesMax && (key !== undefined || isIdempotent(operation))
      if (!again || !mayHelp(error)) throw error
      const asked = error.retryAfterMs ?? 0
      if (asked > limits.retryAfterMsMax) throw error
      const waits = { firstMs: limits.retryFirstMs, longestMs: limits.retryLongestMs }
      await pause(Math.max(asked, waitBefore(repeat, waits)), signal)
      signal.throwIfAborted()
    }
  }
}

const never = new AbortController().signal

async function attempt<Body extends z.ZodType, Answer extends z.ZodType>(
  transport: Transport,
  { method, path, answer, format }: Operation<Body, Answer>,
  { params, query, body, idempotencyKey, signal, timeoutMs = transport.limits.timeoutMs }: CallRequest<Body>,
): Promise<z.output<Answer>> {
  const time = new AbortController()
  const timer = setTimeout(() => time.abort(), timeoutMs)
  const where = fillPath(path, params, query)
  try {
    const response = await transport.send({
      method,
      path: where,
      headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      body: payloadOf(body),
      signal: signal === undefined ? time.signal : AbortSignal.any([signal, time.signal]),
    })
    const received = await (format === 'bytes' ? response.blob() : response.text()).catch((cause: unknown) => {
      throw unreachable(where, cause)
    })
    const parsed = answer.safeParse(answerIn(received, format))
    if (parsed.success) return parsed.data
    const found = typeof received === 'string' ? received : await received.slice(0, shownCharsMax).text()
    throw badAnswer(`the answer of ${method} ${path}`, found, parsed.error)
  } catch (error) {
    signal?.throwIfAborted()
    if (!time.signal.aborted) throw error
    const message = `${method} ${where} was not answered within ${timeoutMs} ms. Give it a longer timeoutMs, or see whether the service hangs.`
    throw new ApiError({ status: 0, code: 'timeout', message, details: { timeoutMs }, cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function payloadOf(body: unknown): string | FormData | Blob | undefined {
  if (body === undefined || body instanceof FormData || body instanceof Blob) return body
  return JSON.stringify(body)
}

function answerIn(received: string | Blob, format: Operation['format']): unknown {
  if (format === 'none') return undefined
  return format === 'json' && typeof received === 'string' ? parseJson(received) : received
}

function isIdempotent({ method }: Operation): boolean {
  return method === 'GET' || method === 'PUT'
}

const passingStatuses: readonly number[] = [429, 502, 503, 504]

/** Whether the same call may fare better in a moment. */
export function mayHelp(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'unreachable' || passingStatuses.includes(error.status))
}

const keyBytes = 16

/** `crypto.randomUUID` is not there on pages without TLS. */
export function makeIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(keyBytes))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
