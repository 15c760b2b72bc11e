import { z } from 'zod'
import { priceSchema } from '../providers/provider.js'

const id = z.string().min(1)

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
  .meta({ id: 'Model' })

export const toolSchema = z
  .object({
    name: id,
    description: z.string(),
    server: z.string(),
    readOnly: z.boolean(),
    inputSchema: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Tool' })

export type ModelInfo = z.infer<typeof modelSchema>
export type ToolInfo = z.infer<typeof toolSchema>

export const modelsAnswerSchema = z.object({ models: z.array(modelSchema) })
export const toolsAnswerSchema = z.object({ tools: z.array(toolSchema) })
