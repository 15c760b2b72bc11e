import { ApiError, errorOf } from './api-error.js'
import type { ClientLimits } from './limits.js'
import type { Method } from './operations.js'

export interface TransportOptions {
  url: string
  token: string | undefined
  fetch: typeof fetch
  limits: ClientLimits
}

export interface SentRequest {
  method: Method
  /** Parameters filled in, with its query. */
  path: string
  headers?: Readonly<Record<string, string>>
  /** JSON as a string; a form and a blob say themselves what they are. */
  body?: string | FormData | Blob | undefined
  signal: AbortSignal
}

export interface Transport {
  readonly limits: ClientLimits
  /** One attempt. Rejects with an `ApiError` for every answer that is none of success, and when there is none. */
  send(request: SentRequest): Promise<Response>
}

export function createTransport({ url, token, fetch, limits }: TransportOptions): Transport {
  const origin = url.replace(/\/+$/, '')
  return {
    limits,
    async send({ method, path, headers = {}, body, signal }) {
      const all = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      }
      const init = { method, headers: all, signal, ...(body === undefined ? {} : { body }) }
      const response = await fetch(`${origin}${path}`, init).catch((cause: unknown) => {
        throw unreachable(`${origin}/`, cause)
      })
      if (response.ok) return response
      throw await errorOf(response)
    },
  }
}

export function unreachable(where: string, cause: unknown): ApiError {
  const message = `${where} does not answer: ${rootMessage(cause)}. Check that the service runs and the URL is right.`
  return new ApiError({ status: 0, code: 'unreachable', message, cause })
}

/** `fetch` fails with "fetch failed", and says why in its cause. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message
}

/** The path with its parameters, each one segment, and its query. */
export function fillPath(
  template: string,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    // Both would be taken as a step of the path, even encoded.
    if (value === undefined || value === '' || value === '.' || value === '..') {
      const message = `Expected an id for {${name}} of ${template}, found ${JSON.stringify(value)}.`
      throw new ApiError({ status: 0, code: 'invalid_request', message })
    }
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}
