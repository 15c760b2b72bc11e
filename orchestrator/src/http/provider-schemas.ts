import { z } from 'zod'
import { providerChangeSchema } from '../providers/user-provider-schema.js'

export const keyCharsMax = 8_192

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and "-"')
export const providerParamsSchema = z.object({ id: idSchema.describe('Id of the provider') })

export const providerSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    baseUrl: z.string(),
    source: z.enum(['built-in', 'config', 'api']),
    overrides: z.boolean(),
    keyVariable: z.string().optional(),
    keyHelp: z.string().optional(),
    key: z.enum(['stored', 'environment', 'google', 'none']),
    usable: z.boolean(),
    reason: z.string().optional(),
    models: z.array(z.string()),
    takesOtherModels: z.boolean(),
  })
  .meta({ id: 'Provider' })

/** It becomes a header, so that anything else could never be sent. */
const keySchema = z
  .string()
  .trim()
  .min(1)
  .max(keyCharsMax)
  .regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters')

/** `id` is in the path. Without `baseUrl` only the key changes. */
export const putProviderSchema = providerChangeSchema
  .extend({ key: keySchema.nullable().optional() })
  .meta({ id: 'PutProvider' })

export const testedProviderSchema = z
  .object({
    ok: z.boolean(),
    model: z.string().optional(),
    latencyMs: z.number(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'TestedProvider' })

export const testProviderSchema = z.strictObject({ model: z.string().min(1).optional() }).meta({ id: 'TestProvider' })

export const providersAnswerSchema = z.object({ providers: z.array(providerSchema) })
export const providerAnswerSchema = z.object({ provider: providerSchema })
