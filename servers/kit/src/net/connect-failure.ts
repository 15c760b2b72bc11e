import { Failure } from '../failure.js'

export type ConnectFailureCode = 'name_not_found' | 'address_not_public' | 'unreachable' | 'timeout'

/** A connection that did not come about. The message names the host that was asked for and no address behind it. */
export class ConnectFailure extends Failure {
  readonly code: ConnectFailureCode

  constructor(code: ConnectFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
