import { z } from '@hono/zod-openapi'
import { contentSchema, limitsSchema, runStatusSchema, sandboxSchema } from '../events/index.js'
import { priceSchema } from '../providers/index.js'

export const titleCharsMax = 200
export const pathCharsMax = 4_096
export const idempotencyKeyCharsMax = 200
export const pageSessionsMax = 100

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
    /** `interrupted`: its process stopped; it is resumed at the next start, or by `continue`. */
    status: z.enum(['running', 'interrupted', ...runStatusSchema.options, 'failed', 'cancelled']),
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
    parent: z.object({ sessionId: id, seq: z.int() }).optional(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    run: runSchema.optional(),
  })
  .openapi('Session')

const title = z.string().trim().min(1).max(titleCharsMax)

export const newSessionSchema = z
  .strictObject({
    workspace: z.string().min(1).max(pathCharsMax).nullable().default(null),
    title: title.optional(),
    model: id.optional(),
    sandbox: sandboxSchema.default('auto'),
  })
  .openapi('NewSession')

export const sessionPatchSchema = z.strictObject({ title }).openapi('SessionPatch')

const inputSchema = z.union([z.string().min(1), contentSchema.min(1)])

export const newRunSchema = z
  .strictObject({
    input: inputSchema,
    delivery: z.literal('start').default('start'),
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
