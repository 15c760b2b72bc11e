import { z } from 'zod'

/** Where a published fact comes from and when it was read there. */
const sourceSchema = z.object({ url: z.url(), date: z.iso.date(), note: z.string().optional() })

/** US dollars for a million tokens. */
export const priceSchema = z.object({
  cacheHit: z.number().min(0),
  cacheMiss: z.number().min(0),
  output: z.number().min(0),
})

/** A price that holds on some weekdays (0 is Sunday) between some hours, `[from, to)`, both in UTC, since a day. */
const priceBandSchema = z.object({
  since: z.iso.date().optional(),
  weekdays: z.array(z.int().min(0).max(6)),
  hoursUtc: z.array(z.tuple([z.int().min(0).max(24), z.int().min(0).max(24)])),
  price: priceSchema,
})

/** Fields merged into the request body to turn thinking on and off. */
const thinkingSchema = z.object({
  on: z.record(z.string(), z.unknown()),
  off: z.record(z.string(), z.unknown()),
  default: z.boolean(),
  /**
   * Under which field the endpoint wants the reasoning back on assistant messages that carry tool calls while thinking
   * is on. DeepSeek refuses a history without it; an endpoint that is not known to take it back gets `none`.
   */
  sendBack: z.enum(['reasoning_content', 'reasoning', 'none']).default('reasoning_content'),
  source: sourceSchema.optional(),
})

/** How long one attempt at an answer may take where the usual times do not fit, in milliseconds. */
const timeoutsSchema = z.object({
  /** Until the first byte. A local server reads a long prompt in silence. */
  firstByteMs: z.int().min(1).optional(),
  /** Between two bytes. */
  idleMs: z.int().min(1).optional(),
  totalMs: z.int().min(1).optional(),
})

export const modelSchema = z.object({
  id: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  contextTokens: z.int().min(1),
  outputTokensMax: z.int().min(1),
  /** Absent when no price is known; then costs are null. The first band that fits wins over `base`. */
  prices: z.object({ base: priceSchema, bands: z.array(priceBandSchema).default([]) }).optional(),
  images: z.boolean().default(false),
  /** In place of the provider's. */
  thinking: thinkingSchema.optional(),
  source: sourceSchema.optional(),
})

/** An OpenAI-compatible endpoint as data. */
export const providerSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  name: z.string(),
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL such as http://127.0.0.1:11434/v1' })
    .refine(isPlainUrl, 'expected a URL without user, password, query or fragment: a secret belongs in the key'),
  /** `google`: access tokens of Google's application default credentials take the place of a key. */
  auth: z.enum(['key', 'google']).default('key'),
  /** Environment variable of the key (with `google`: of the project); absent when there is none to set. */
  keyVariable: z.string().min(1).optional(),
  keyRequired: z.boolean(),
  keyHelp: z.string().optional(),
  balanceHelp: z.string().optional(),
  models: z.array(modelSchema),
  /** What is assumed of a model the list does not name; absent when only listed models exist. */
  otherModels: modelSchema.omit({ id: true, aliases: true }).optional(),
  thinking: thinkingSchema.optional(),
  /** Fields that the first tool call of every assistant message must carry. */
  firstCallFields: z.record(z.string(), z.unknown()).optional(),
  timeouts: timeoutsSchema.optional(),
})

function isPlainUrl(url: string): boolean {
  const { username, password, search, hash } = new URL(url)
  return [username, password, search, hash].every((part) => part === '')
}

export type Price = z.infer<typeof priceSchema>
export type ModelInfo = z.infer<typeof modelSchema>
export type Provider = z.infer<typeof providerSchema>
export type Thinking = z.infer<typeof thinkingSchema>
