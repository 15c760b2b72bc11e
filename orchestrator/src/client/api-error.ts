import { errorSchema } from '../http/schemas.js'

export interface ApiErrorFields {
  /** Of the HTTP answer; 0 when there was none. */
  status: number
  /**
   * The server's own code, such as `unknown_session`; the client adds `unreachable`, `timeout` and `bad_answer`, which
   * stands for an answer that is not one of this API's.
   */
  code: string
  message: string
  details?: Readonly<Record<string, unknown>>
  /** How long the server asks to wait before the call is made again. */
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** Every failure of a call. What the caller cancels itself is thrown as the reason of its signal instead. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined

  constructor({ status, code, message, details = {}, retryAfterMs, cause }: ApiErrorFields) {
    super(message, cause === undefined ? {} : { cause })
    this.status = status
    this.code = code
    this.details = details
    this.retryAfterMs = retryAfterMs
  }
}

/** What an answer with a status of failure says. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status } = response
  const text = await response.text().catch(() => '')
  const parsed = errorSchema.safeParse(parseJson(text))
  const retryAfterMs = waitOf(response.headers.get('retry-after'))
  if (parsed.success) return new ApiError({ status, ...parsed.data.error, retryAfterMs })
  const message = `Expected an answer of AuroraCoder, found status ${status} without its error. Check the URL, and what stands between.`
  return new ApiError({
    status,
    code: 'bad_answer',
    message,
    details: { text: text.slice(0, shownCharsMax) },
    retryAfterMs,
  })
}

/** Of an answer that is not the API's. */
export const shownCharsMax = 500

/** Seconds or a date. */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

export function badAnswer(what: string, found: unknown, cause?: unknown): ApiError {
  const message = `Expected ${what}, found something else. Check the URL, and that client and server are of one version.`
  const text = (typeof found === 'string' ? found : JSON.stringify(found))?.slice(0, shownCharsMax) ?? ''
  return new ApiError({ status: 200, code: 'bad_answer', message, details: { text }, cause })
}

/** Undefined for what is not JSON, which no schema of an answer takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
