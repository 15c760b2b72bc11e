import { Failure } from '@auroracoder/kit/jail'

export type ProviderFailureCode =
  | 'unknown_model'
  | 'unknown_provider'
  /** A provider that needs a key, or a project, has none. */
  | 'no_key'
  | 'invalid_provider'
  /** The configuration file names this provider, and it outranks what is set by the API. */
  | 'provider_fixed'
  | 'builtin_provider'

/** What was asked of the providers cannot be had. */
export class ProviderFailure extends Failure {
  readonly code: ProviderFailureCode
  readonly details: Record<string, unknown>

  constructor(code: ProviderFailureCode, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}
