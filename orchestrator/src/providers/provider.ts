import { z } from 'zod'

/** Where a published fact comes from and when it was read there. */
const sourceSchema = z.object({ url: z.url(), date: z.iso.date(), note: z.string().optional() })

/** US dollars for a million tokens. */
export const priceSchema = z.object({
  cacheHit: z.number().min(0),
  cacheMiss: z.number().min(0),
  output: z.number().min(0),
})

/** A price that holds on some weekdays (0 is Sunday) between some hours, `[from, to)`, both in UTC. */
const priceBandSchema = z.object({
  weekdays: z.array(z.int().min(0).max(6)),
  hoursUtc: z.array(z.tuple([z.int().min(0).max(24), z.int().min(0).max(24)])),
  price: priceSchema,
})

export const modelSchema = z.object({
  id: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  contextTokens: z.int().min(1),
  outputTokensMax: z.int().min(1),
  /** Absent when no price is known; then costs are null. The first band that fits wins over `base`. */
  prices: z.object({ base: priceSchema, bands: z.array(priceBandSchema).default([]) }).optional(),
  images: z.boolean().default(false),
  source: sourceSchema.optional(),
})

/** An OpenAI-compatible endpoint as data. */
export const providerSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  name: z.string(),
  baseUrl: z.url(),
  /** Environment variable of the key; absent when the endpoint takes none. */
  keyVariable: z.string().optional(),
  keyRequired: z.boolean(),
  keyHelp: z.string().optional(),
  balanceHelp: z.string().optional(),
  models: z.array(modelSchema),
  /** What is assumed of a model the list does not name; absent when only listed models exist. */
  otherModels: modelSchema.omit({ id: true, aliases: true }).optional(),
  /**
   * Fields merged into the request body to turn thinking on and off. With it on, the endpoint wants
   * `reasoning_content` back on every assistant message that carries tool calls.
   */
  thinking: z
    .object({
      on: z.record(z.string(), z.unknown()),
      off: z.record(z.string(), z.unknown()),
      default: z.boolean(),
      source: sourceSchema.optional(),
    })
    .optional(),
})

export type Price = z.infer<typeof priceSchema>
export type ModelInfo = z.infer<typeof modelSchema>
export type Provider = z.infer<typeof providerSchema>
