import { z } from 'zod'

/** What a user sends or a tool returns: text, and images as base64. */
export const contentBlockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image'), data: z.base64(), mimeType: z.string().min(1) }),
])

export const contentSchema = z.array(contentBlockSchema)

const tokenCount = z.int().min(0)

/** Tokens as the provider counts them; `input` = `cacheHit` + `cacheMiss`, `output` includes `reasoning`. */
export const usageSchema = z.object({
  input: tokenCount,
  output: tokenCount,
  reasoning: tokenCount,
  cacheHit: tokenCount,
  cacheMiss: tokenCount,
})

/** US dollars; null when the model has no known price. */
export const costSchema = z.number().min(0).nullable()

/** Where one run may stop early; absent means the loop's default. */
export const limitsSchema = z.object({
  iterations: z.int().min(1).optional(),
  wallTimeMs: z.int().min(1).optional(),
  tokens: z.int().min(1).optional(),
  costUsd: z.number().positive().optional(),
  toolCalls: z.int().min(1).optional(),
  subagentDepth: z.int().min(0).optional(),
})

export type ContentBlock = z.infer<typeof contentBlockSchema>
export type Content = z.infer<typeof contentSchema>
export type Usage = z.infer<typeof usageSchema>
export type Limits = z.infer<typeof limitsSchema>
