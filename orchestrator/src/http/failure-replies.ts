import { Failure } from '@auroracoder/kit/jail'
import type { Context, Env } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { ProviderFailure, type ProviderFailureCode } from '../providers/index.js'
import { SessionFailure, type SessionFailureCode } from '../sessions/index.js'

export interface FailureReply {
  status: ContentfulStatusCode
  code: string
  message: string
  details?: Record<string, unknown>
  headers?: Record<string, string>
}

/** A request that is refused before it reaches a session: wrong host, no token, too large. */
export class Refused extends Failure {
  readonly reply: FailureReply

  constructor(reply: FailureReply) {
    super(reply.message)
    this.reply = reply
  }
}

export function refuse(c: Context, { status, code, message, details = {}, headers = {} }: FailureReply) {
  return c.json({ error: { code, message, details } }, status, headers)
}

/** The one place where an error becomes an answer. What we did not expect is logged and not shown. */
export function answerError(log: Logger) {
  return <E extends Env>(error: Error, c: Context<E>) => {
    const reply = replyTo(error)
    if (reply.status >= 500) log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed')
    return refuse(c, reply)
  }
}

const statusByCode: Record<SessionFailureCode, ContentfulStatusCode> = {
  bad_workspace: 400,
  bad_cursor: 400,
  unknown_session: 404,
  run_active: 409,
  no_active_run: 409,
  nothing_to_continue: 409,
  idempotency_conflict: 409,
  not_a_boundary: 409,
  unknown_approval: 404,
  approval_closed: 409,
  queue_full: 429,
  session_elsewhere: 409,
  instance_in_use: 500,
  storage_failed: 503,
  session_damaged: 500,
  shutting_down: 503,
  unknown_snapshot: 404,
  snapshots_unavailable: 503,
  disk_full: 507,
  no_such_file: 404,
  outside_workspace: 400,
  bad_path: 400,
  path_conflict: 409,
  too_large: 413,
  bad_upload: 400,
}

const statusByProviderCode: Record<ProviderFailureCode, ContentfulStatusCode> = {
  unknown_model: 400,
  no_key: 400,
  invalid_provider: 400,
  unknown_provider: 404,
  provider_fixed: 409,
  builtin_provider: 409,
}

const codeByStatus: Partial<Record<number, string>> = {
  400: 'malformed_json',
  415: 'unsupported_media_type',
}

function replyTo(error: Error): FailureReply {
  if (error instanceof Refused) return error.reply
  if (error instanceof SessionFailure) {
    return { status: statusByCode[error.code], code: error.code, message: error.message, details: error.details }
  }
  if (error instanceof ProviderFailure) {
    const { code, message, details } = error
    return { status: statusByProviderCode[code], code, message, details }
  }
  if (error instanceof Failure) return { status: 400, code: 'refused', message: error.message }
  if (error instanceof HTTPException) return replyToHttp(error)
  return { status: 500, code: 'internal', message: 'The server met an error of its own; its log has the details.' }
}

function replyToHttp({ status, message }: HTTPException): FailureReply {
  const expected =
    status === 415 ? 'Send the body as JSON, with Content-Type: application/json.' : 'Expected a JSON document.'
  return { status: statusOf(status), code: codeByStatus[status] ?? 'bad_request', message: `${message}. ${expected}` }
}

function statusOf(status: HTTPException['status']): ContentfulStatusCode {
  return status === 415 ? 415 : 400
}
