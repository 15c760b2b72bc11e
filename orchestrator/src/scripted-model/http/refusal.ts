/** A request that gets an HTTP error instead of a completion, in the shape of DeepSeek's error bodies. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly error: RefusalBody }

  constructor({ status, message, code, param, rule, headers }: RefusalOptions) {
    super(message)
    this.status = status
    this.headers = headers ?? {}
    this.body = {
      error: {
        message,
        type: typeOfStatus.get(status) ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
        param: param ?? null,
        code: code ?? 'invalid_request_error',
        ...(rule === undefined ? {} : { rule }),
      },
    }
  }
}

export interface RefusalOptions {
  status: number
  message: string
  code?: string
  /** The field at fault, `messages[3].content`. */
  param?: string
  /** The rule that can be switched off by `rules`. */
  rule?: string
  headers?: Readonly<Record<string, string>>
}

interface RefusalBody {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string
  readonly rule?: string
}

const typeOfStatus = new Map([
  [401, 'authentication_error'],
  [402, 'insufficient_balance'],
  [429, 'rate_limit_error'],
])

/** Messages for status faults that bring none (https://api-docs.deepseek.com/quick_start/error_codes, 2026-09). */
export const statusMessages: ReadonlyMap<number, string> = new Map([
  [402, 'Insufficient Balance'],
  [429, 'Rate limit reached: too many requests at once, slow down.'],
  [500, 'The server met an error of its own. Try again after a short wait.'],
  [503, 'The server is overloaded. Try again after a short wait.'],
])
