import { z } from 'zod'
import {
  approvalPolicySchema,
  contentSchema,
  costSchema,
  deliverySchema,
  limitsSchema,
  runEndSchema,
  sandboxSchema,
  usageSchema,
} from '../events/index.js'

export const titleCharsMax = 200
export const pathCharsMax = 4_096
export const idempotencyKeyCharsMax = 200
export const pageSessions = 20
export const pageSessionsMax = 100
export const answerCharsMax = 4_000

const id = z.string().min(1)

export const errorSchema = z
  .object({
    error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
  })
  .meta({ id: 'Error' })

export const runSchema = z
  .object({
    id,
    sessionId: id,
    /**
     * `queued`: it waits for the end of another. `interrupted`: its process stopped; it is resumed at the next start,
     * or by `continue`.
     */
    status: z.enum(['queued', 'running', 'interrupted', ...runEndSchema.options]),
  })
  .meta({ id: 'Run' })

export const sessionSchema = z
  .object({
    id,
    workspace: z.string(),
    scratch: z.boolean(),
    title: z.string().optional(),
    model: z.string().optional(),
    sandbox: sandboxSchema,
    approvals: approvalPolicySchema.optional(),
    parent: z.object({ sessionId: id, seq: z.int() }).optional(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    run: runSchema.optional(),
    /** Ids of the runs that wait. */
    queued: z.array(id),
    /** All tokens that the session has taken, sub-agents and summaries included. */
    usage: usageSchema.extend({
      /** `cacheHit` of `input`; null before the first answer. */
      cacheHitRatio: z.number().min(0).max(1).nullable(),
    }),
    cost: costSchema,
  })
  .meta({ id: 'Session' })

const title = z.string().trim().min(1).max(titleCharsMax)

export const newSessionSchema = z
  .strictObject({
    workspace: z.string().min(1).max(pathCharsMax).nullable().default(null),
    title: title.optional(),
    model: id.optional(),
    sandbox: sandboxSchema.default('auto'),
    approvals: approvalPolicySchema.optional(),
  })
  .meta({ id: 'NewSession' })

export const sessionPatchSchema = z
  .strictObject({ title: title.optional(), model: id.optional(), approvals: approvalPolicySchema.optional() })
  .meta({ id: 'SessionPatch' })

const seq = z.int().min(1)

export const revertSchema = z.strictObject({ seq }).meta({ id: 'RevertSession' })

export const forkSchema = z
  .strictObject({
    seq,
    title: title.optional(),
    workspace: z.string().min(1).max(pathCharsMax).nullable().optional(),
  })
  .meta({ id: 'ForkSession' })

export const approvalSchema = z
  .object({
    id,
    runId: id.optional(),
    kind: z.enum(['tool', 'elicitation']),
    message: z.string(),
    call: z.object({ callId: id, name: z.string(), arguments: z.string() }).optional(),
    schema: z.record(z.string(), z.unknown()).optional(),
    url: z.string().optional(),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Approval' })

export const approvalReplySchema = z
  .strictObject({
    /** `expire`: nobody can answer; the run ends and can be continued. */
    answer: z.enum(['accept', 'decline', 'expire']),
    content: z.record(z.string(), z.unknown()).optional(),
    message: z.string().max(answerCharsMax).optional(),
  })
  .meta({ id: 'ApprovalReply' })

const inputSchema = z.union([z.string().min(1), contentSchema.min(1)])

export const newRunSchema = z
  .strictObject({
    input: inputSchema,
    delivery: deliverySchema.default('start'),
    model: id.optional(),
    tools: z.array(id).optional(),
    limits: limitsSchema.strict().optional(),
  })
  .meta({ id: 'NewRun' })

export const continueSchema = z.strictObject({ limits: limitsSchema.strict().optional() }).meta({ id: 'ContinueRun' })

export const cancelSchema = z
  .strictObject({ reason: z.string().max(titleCharsMax).optional() })
  .meta({ id: 'CancelRun' })

export const cancelledSchema = z
  .object({ run: runSchema, hanging: z.array(z.object({ callId: id, name: z.string() })) })
  .meta({ id: 'Cancelled' })

export const sessionParamsSchema = z.object({ id: id.describe('Id of the session') })

export const approvalParamsSchema = sessionParamsSchema.extend({ approvalId: id.describe('Id of the approval') })

export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(pageSessionsMax).default(pageSessions).describe('Sessions on a page'),
  cursor: z.string().min(1).optional().describe('nextCursor of the page before'),
  search: z.string().max(titleCharsMax).optional().describe('A part of the title or the workspace, whatever its case'),
})

export const sessionPageSchema = z
  .object({ sessions: z.array(sessionSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'SessionPage' })

export const idempotencyHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(idempotencyKeyCharsMax)
    .optional()
    .describe('Makes repeats safe: the same key and body mean the same run'),
})

export const eventsQuerySchema = z.object({
  after: z.string().optional().describe('Seq of the last event that is known already; 0 for all'),
})

export const eventsHeadersSchema = z.object({
  'last-event-id': z.string().optional().describe('As `after`, and wins over it; browsers send it when they reconnect'),
})

/** What is around the things above where a route answers with them. */
export const sessionAnswerSchema = z.object({ session: sessionSchema })
export const runAnswerSchema = z.object({ run: runSchema })
export const approvalsAnswerSchema = z.object({ approvals: z.array(approvalSchema) })
/** A line of JSON for each event. */
export const exportSchema = z.string()
export const messageSchema = z.record(z.string(), z.unknown()).meta({ id: 'Message' })
export const messagesAnswerSchema = z.object({ messages: z.array(messageSchema) })
export const healthSchema = z.object({ ok: z.literal(true) })
