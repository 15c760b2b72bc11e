import { Failure } from '@auroracoder/kit/jail'

export type SessionFailureCode =
  | 'unknown_session'
  | 'bad_workspace'
  | 'bad_cursor'
  | 'run_active'
  | 'no_active_run'
  | 'nothing_to_continue'
  | 'idempotency_conflict'
  | 'not_a_boundary'
  | 'unknown_approval'
  | 'approval_closed'
  | 'queue_full'
  | 'session_elsewhere'
  | 'instance_in_use'
  | 'storage_failed'
  | 'session_damaged'
  | 'shutting_down'
  | 'unknown_snapshot'
  | 'snapshots_unavailable'
  | 'disk_full'
  | 'no_such_file'
  | 'outside_workspace'
  | 'bad_path'
  | 'path_conflict'
  | 'too_large'
  | 'bad_upload'

/** An expected failure of a session, with a stable code for programs beside the sentence for people. */
export class SessionFailure extends Failure {
  readonly code: SessionFailureCode
  readonly details: Record<string, unknown>

  constructor(
    code: SessionFailureCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}
