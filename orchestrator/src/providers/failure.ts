import { Failure } from '@auroracoder/kit/jail'
import type { Provider } from './provider.js'

/** Of an endpoint's own words, as much is passed on. */
export const saidCharsMax = 500

/** `connect` to `interrupted` may pass by themselves; the others need somebody to act. */
export type ModelFailureCode =
  | 'connect'
  | 'timeout'
  | 'rate_limited'
  | 'overloaded'
  | 'interrupted'
  | 'bad_request'
  | 'unauthorized'
  | 'no_balance'
  | 'not_found'
  | 'bad_answer'

/** A model call that gave no answer. Its message is for people: what happened and, where they can act, how. */
export class ModelFailure extends Failure {
  readonly code: ModelFailureCode
  readonly retryable: boolean
  /** The wait the endpoint asked for. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: { code: ModelFailureCode; retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The failure that an HTTP status stands for. `said` is the endpoint's own message. */
export function statusFailure(options: {
  status: number
  said: string
  provider: Provider
  retryAfterMs: number | undefined
}): ModelFailure {
  const { status, provider, retryAfterMs } = options
  const said =
    options.said === ''
      ? `${provider.name} answered HTTP ${status}`
      : `${provider.name} answered HTTP ${status}: ${options.said}`
  const final = (code: ModelFailureCode, advice: string) =>
    new ModelFailure(`${said}. ${advice}`, { code, retryable: false })

  switch (status) {
    case 401:
    case 403:
      return final('unauthorized', keyAdvice(provider))
    case 402:
      return final('no_balance', `Add funds${provider.balanceHelp ? ` at ${provider.balanceHelp}` : ''} and run again.`)
    case 404:
      return final('not_found', `Check the base URL ${provider.baseUrl} and the model name.`)
    case 429:
      return new ModelFailure(`${said}.`, { code: 'rate_limited', retryable: true, retryAfterMs })
    case 408:
    case 409:
    case 425:
      return new ModelFailure(`${said}.`, { code: 'overloaded', retryable: true, retryAfterMs })
    default:
      if (status >= 500) return new ModelFailure(`${said}.`, { code: 'overloaded', retryable: true, retryAfterMs })
      return final('bad_request', 'The request itself was refused, so sending it again cannot help.')
  }
}

function keyAdvice({ auth, keyVariable, keyHelp }: Provider): string {
  if (auth === 'google') return 'Check the Google credentials of this machine and that they may use the project.'
  const where = keyVariable === undefined ? 'the key of this provider' : keyVariable
  return `Check ${where}${keyHelp === undefined ? '' : `; keys are made at ${keyHelp}`}.`
}

/** What an error says at the bottom of its causes: `fetch` wraps the real one. */
export function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message.replace(/\.$/, '')
}
