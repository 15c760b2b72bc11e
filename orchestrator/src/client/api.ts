import type { z } from 'zod'
import type { putProviderSchema, testProviderSchema } from '../http/provider-schemas.js'
import type {
  approvalReplySchema,
  continueSchema,
  forkSchema,
  newRunSchema,
  newSessionSchema,
  pageQuerySchema,
  sessionPatchSchema,
  sessionSchema,
} from '../http/schemas.js'
import type { settingsPatchSchema } from '../http/settings-schemas.js'
import { type CallOptions, call } from './call.js'
import { operations } from './operations.js'
import type { Transport } from './transport.js'
import { bindWorkspace } from './workspace.js'

export interface StartOptions extends CallOptions {
  /** Made for the call when absent. Give your own to repeat the call safely in another process. */
  idempotencyKey?: string | undefined
}

type Session = z.output<typeof sessionSchema>
type Page = Partial<z.output<typeof pageQuerySchema>>

/** A method for each operation. The last argument of each is its options. */
export function bindApi(transport: Transport) {
  const none = undefined
  const sessions = {
    create: async (session: z.input<typeof newSessionSchema> = {}, options?: CallOptions) =>
      (await call(transport, operations.createSession, { body: session, ...options })).session,
    get: async (id: string, options?: CallOptions) =>
      (await call(transport, operations.getSession, { params: { id }, body: none, ...options })).session,
    /** One page, newest first. */
    list: (page: Page = {}, options?: CallOptions) =>
      call(transport, operations.listSessions, { query: page, body: none, ...options }),
    /** Every session, over all pages. */
    async *all(filter: Omit<Page, 'cursor'> = {}, options?: CallOptions): AsyncGenerator<Session> {
      let cursor: string | undefined
      do {
        const page = await sessions.list({ ...filter, cursor }, options)
        yield* page.sessions
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
    },
    change: async (id: string, changes: z.input<typeof sessionPatchSchema>, options?: CallOptions) =>
      (await call(transport, operations.changeSession, { params: { id }, body: changes, ...options })).session,
    /** Cancels what runs, and removes the log and the scratch folder. */
    remove: (id: string, options?: CallOptions) =>
      call(transport, operations.removeSession, { params: { id }, body: none, ...options }),
    /** Opens a session that shares the conversation up to a seq between two turns. */
    fork: async (id: string, request: z.input<typeof forkSchema>, options?: CallOptions) =>
      (await call(transport, operations.forkSession, { params: { id }, body: request, ...options })).session,
    /** Takes back what came after a seq between two turns, files too. */
    revert: async (id: string, seq: number, options?: CallOptions) =>
      (await call(transport, operations.revertSession, { params: { id }, body: { seq }, ...options })).session,
    /** The whole log, an event as JSON a line. */
    export: (id: string, options?: CallOptions) =>
      call(transport, operations.exportSession, { params: { id }, body: none, ...options }),
    /** The conversation as the model reads it. */
    messages: async (id: string, options?: CallOptions) =>
      (await call(transport, operations.listMessages, { params: { id }, body: none, ...options })).messages,
  }
  return {
    sessions,
    runs: {
      /** Answers when the run has begun, or waits; `client.run` also follows it. */
      start: async (sessionId: string, request: z.input<typeof newRunSchema>, options?: StartOptions) =>
        (await call(transport, operations.startRun, { params: { id: sessionId }, body: request, ...options })).run,
      continue: async (sessionId: string, request: z.input<typeof continueSchema> = {}, options?: StartOptions) =>
        (await call(transport, operations.continueRun, { params: { id: sessionId }, body: request, ...options })).run,
      /** Answers when the run has ended; runs that wait are withdrawn. */
      cancel: (sessionId: string, reason?: string, options?: CallOptions) =>
        call(transport, operations.cancelRun, { params: { id: sessionId }, body: { reason }, ...options }),
    },
    approvals: {
      list: async (sessionId: string, options?: CallOptions) =>
        (await call(transport, operations.listApprovals, { params: { id: sessionId }, body: none, ...options }))
          .approvals,
      answer: (
        sessionId: string,
        approvalId: string,
        reply: z.input<typeof approvalReplySchema>,
        options?: CallOptions,
      ) =>
        call(transport, operations.answerApproval, { params: { id: sessionId, approvalId }, body: reply, ...options }),
    },
    workspace: bindWorkspace(transport),
    models: {
      list: async (options?: CallOptions) =>
        (await call(transport, operations.listModels, { body: none, ...options })).models,
    },
    tools: {
      list: async (options?: CallOptions) =>
        (await call(transport, operations.listTools, { body: none, ...options })).tools,
    },
    providers: {
      list: async (options?: CallOptions) =>
        (await call(transport, operations.listProviders, { body: none, ...options })).providers,
      put: async (id: string, provider: z.input<typeof putProviderSchema>, options?: CallOptions) =>
        (await call(transport, operations.putProvider, { params: { id }, body: provider, ...options })).provider,
      remove: (id: string, options?: CallOptions) =>
        call(transport, operations.removeProvider, { params: { id }, body: none, ...options }),
      test: (id: string, request: z.input<typeof testProviderSchema> = {}, options?: CallOptions) =>
        call(transport, operations.testProvider, { params: { id }, body: request, ...options }),
    },
    settings: {
      get: async (options?: CallOptions) =>
        (await call(transport, operations.getSettings, { body: none, ...options })).settings,
      change: async (changes: z.input<typeof settingsPatchSchema>, options?: CallOptions) =>
        (await call(transport, operations.changeSettings, { body: changes, ...options })).settings,
    },
    health: {
      /** Whether the process answers; needs no token. */
      alive: (options?: CallOptions) => call(transport, operations.isAlive, { body: none, ...options }),
      /** Whether sessions can be read; needs no token. */
      ready: (options?: CallOptions) => call(transport, operations.isReady, { body: none, ...options }),
    },
  }
}
