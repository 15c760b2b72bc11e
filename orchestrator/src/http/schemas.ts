import { z } from '@hono/zod-openapi'
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
import { priceSchema } from '../providers/index.js'

export const titleCharsMax = 200
export const pathCharsMax = 4_096
export const idempotencyKeyCharsMax = 200
export const pageSessionsMax = 100
export const answerCharsMax = 4_000

const id = z.string().min(1)

export const errorSchema = z
  .object({
    error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
  })
  .openapi('Error')

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
  .openapi('Run')

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
  .openapi('Session')

const title = z.string().trim().min(1).max(titleCharsMax)

export const newSessionSchema = z
  .strictObject({
    workspace: z.string().min(1).max(pathCharsMax).nullable().default(null),
    title: title.optional(),
    model: id.optional(),
    sandbox: sandboxSchema.default('auto'),
    approvals: approvalPolicySchema.optional(),
  })
  .openapi('NewSession')

export const sessionPatchSchema = z
  .strictObject({ title: title.optional(), model: id.optional(), approvals: approvalPolicySchema.optional() })
  .openapi('SessionPatch')

const seq = z.int().min(1)

export const revertSchema = z.strictObject({ seq }).openapi('RevertSession')

export const forkSchema = z
  .strictObject({
    seq,
    title: title.optional(),
    workspace: z.string().min(1).max(pathCharsMax).nullable().optional(),
  })
  .openapi('ForkSession')

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
  .openapi('Approval')

export const approvalReplySchema = z
  .strictObject({
    /** `expire`: nobody can answer; the run ends and can be continued. */
    answer: z.enum(['accept', 'decline', 'expire']),
    content: z.record(z.string(), z.unknown()).optional(),
    message: z.string().max(answerCharsMax).optional(),
  })
  .openapi('ApprovalReply')

const inputSchema = z.union([z.string().min(1), contentSchema.min(1)])

export const newRunSchema = z
  .strictObject({
    input: inputSchema,
    delivery: deliverySchema.default('start'),
    model: id.optional(),
    tools: z.array(id).optional(),
    limits: limitsSchema.strict().optional(),
  })
  .openapi('NewRun')

export const continueSchema = z.strictObject({ limits: limitsSchema.strict().optional() }).openapi('ContinueRun')

export const cancelSchema = z.strictObject({ reason: z.string().max(titleCharsMax).optional() }).openapi('CancelRun')

export const cancelledSchema = z
  .object({ run: runSchema, hanging: z.array(z.object({ callId: id, name: z.string() })) })
  .openapi('Cancelled')

export const sessionParamsSchema = z.object({ id })

export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(pageSessionsMax).default(20),
  cursor: z.string().min(1).optional(),
  search: z.string().max(titleCharsMax).optional(),
})

export const sessionPageSchema = z
  .object({ sessions: z.array(sessionSchema), nextCursor: z.string().nullable() })
  .openapi('SessionPage')

export const idempotencyHeadersSchema = z.object({
  'idempotency-key': z.string().min(1).max(idempotencyKeyCharsMax).optional(),
})

export const modelSchema = z
  .object({
    id,
    provider: z.string(),
    /** `provider/id`: this model, whatever other providers list. */
    ref: z.string().optional(),
    contextTokens: z.int().positive().optional(),
    outputTokensMax: z.int().positive().optional(),
    thinking: z.boolean().optional(),
    images: z.boolean().optional(),
    /** US dollars for a million tokens, now; null when no price is known. */
    prices: priceSchema.nullish(),
    default: z.boolean().optional(),
    /** As far as keys go; `reason` says what is missing. */
    usable: z.boolean().optional(),
    reason: z.string().optional(),
    source: z.object({ url: z.string(), date: z.string(), note: z.string().optional() }).optional(),
  })
  .openapi('Model')

export const toolSchema = z
  .object({
    name: id,
    description: z.string(),
    server: z.string(),
    readOnly: z.boolean(),
    inputSchema: z.record(z.string(), z.unknown()),
  })
  .openapi('Tool')

export type ModelInfo = z.infer<typeof modelSchema>
export type ToolInfo = z.infer<typeof toolSchema>
