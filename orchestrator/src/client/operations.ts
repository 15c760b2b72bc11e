import { z } from 'zod'
import { modelsAnswerSchema, toolsAnswerSchema } from '../http/catalog-schemas.js'
import {
  providerAnswerSchema,
  providersAnswerSchema,
  putProviderSchema,
  testedProviderSchema,
  testProviderSchema,
} from '../http/provider-schemas.js'
import {
  approvalReplySchema,
  approvalsAnswerSchema,
  cancelledSchema,
  cancelSchema,
  continueSchema,
  exportSchema,
  forkSchema,
  healthSchema,
  messagesAnswerSchema,
  newRunSchema,
  newSessionSchema,
  revertSchema,
  runAnswerSchema,
  sessionAnswerSchema,
  sessionPageSchema,
  sessionPatchSchema,
} from '../http/schemas.js'
import { settingsAnswerSchema, settingsPatchSchema } from '../http/settings-schemas.js'
import {
  archiveSchema,
  diffSchema,
  fileSchema,
  treeSchema,
  uploadedSchema,
  uploadSchema,
} from '../http/workspace-schemas.js'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What is sent to one route of the API and what comes back, by the schemas that the route itself uses. */
export interface Operation<Body extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  method: Method
  /** As in the API's description: `{id}` stands for a parameter. */
  path: string
  /** `z.void()` where nothing is sent. */
  body: Body
  answer: Answer
  /** How the answer is written; `bytes` are read as a Blob, `none` has no body. */
  format: 'json' | 'text' | 'bytes' | 'none'
  /** It takes an Idempotency-Key. */
  keyed: boolean
}

const none = z.void()

/** Every operation of /openapi.json under its operationId, but for the stream of events, which `events` reads. */
export const operations = {
  createSession: json('POST', '/v1/sessions', newSessionSchema, sessionAnswerSchema),
  listSessions: json('GET', '/v1/sessions', none, sessionPageSchema),
  getSession: json('GET', '/v1/sessions/{id}', none, sessionAnswerSchema),
  changeSession: json('PATCH', '/v1/sessions/{id}', sessionPatchSchema, sessionAnswerSchema),
  removeSession: silent('DELETE', '/v1/sessions/{id}', none),
  forkSession: json('POST', '/v1/sessions/{id}/fork', forkSchema, sessionAnswerSchema),
  revertSession: json('POST', '/v1/sessions/{id}/revert', revertSchema, sessionAnswerSchema),
  exportSession: text('GET', '/v1/sessions/{id}/export', none, exportSchema),
  listMessages: json('GET', '/v1/sessions/{id}/messages', none, messagesAnswerSchema),

  startRun: keyed('POST', '/v1/sessions/{id}/runs', newRunSchema, runAnswerSchema),
  continueRun: keyed('POST', '/v1/sessions/{id}/continue', continueSchema, runAnswerSchema),
  cancelRun: json('POST', '/v1/sessions/{id}/cancel', cancelSchema, cancelledSchema),

  listApprovals: json('GET', '/v1/sessions/{id}/approvals', none, approvalsAnswerSchema),
  answerApproval: silent('POST', '/v1/sessions/{id}/approvals/{approvalId}', approvalReplySchema),

  listTree: json('GET', '/v1/sessions/{id}/workspace/tree', none, treeSchema),
  readFile: bytes('GET', '/v1/sessions/{id}/workspace/file', none, fileSchema),
  removeFile: silent('DELETE', '/v1/sessions/{id}/workspace/file', none),
  showDiff: json('GET', '/v1/sessions/{id}/workspace/diff', none, diffSchema),
  uploadFiles: json('POST', '/v1/sessions/{id}/workspace/upload', uploadSchema, uploadedSchema),
  downloadFolder: bytes('GET', '/v1/sessions/{id}/workspace/download', none, archiveSchema),

  listModels: json('GET', '/v1/models', none, modelsAnswerSchema),
  listTools: json('GET', '/v1/tools', none, toolsAnswerSchema),

  listProviders: json('GET', '/v1/providers', none, providersAnswerSchema),
  putProvider: json('PUT', '/v1/providers/{id}', putProviderSchema, providerAnswerSchema),
  removeProvider: silent('DELETE', '/v1/providers/{id}', none),
  testProvider: json('POST', '/v1/providers/{id}/test', testProviderSchema, testedProviderSchema),

  getSettings: json('GET', '/v1/settings', none, settingsAnswerSchema),
  changeSettings: json('PATCH', '/v1/settings', settingsPatchSchema, settingsAnswerSchema),

  isAlive: json('GET', '/healthz', none, healthSchema),
  isReady: json('GET', '/readyz', none, healthSchema),
}

/** The stream of a session's events. */
export const eventsPath = '/v1/sessions/{id}/events'

function json<Body extends z.ZodType, Answer extends z.ZodType>(
  method: Method,
  path: string,
  body: Body,
  answer: Answer,
): Operation<Body, Answer> {
  return { method, path, body, answer, format: 'json', keyed: false }
}

function keyed<Body extends z.ZodType, Answer extends z.ZodType>(
  method: Method,
  path: string,
  body: Body,
  answer: Answer,
): Operation<Body, Answer> {
  return { method, path, body, answer, format: 'json', keyed: true }
}

function text<Body extends z.ZodType, Answer extends z.ZodType>(
  method: Method,
  path: string,
  body: Body,
  answer: Answer,
): Operation<Body, Answer> {
  return { method, path, body, answer, format: 'text', keyed: false }
}

function bytes<Body extends z.ZodType, Answer extends z.ZodType>(
  method: Method,
  path: string,
  body: Body,
  answer: Answer,
): Operation<Body, Answer> {
  return { method, path, body, answer, format: 'bytes', keyed: false }
}

function silent<Body extends z.ZodType>(method: Method, path: string, body: Body): Operation<Body, z.ZodVoid> {
  return { method, path, body, answer: none, format: 'none', keyed: false }
}
