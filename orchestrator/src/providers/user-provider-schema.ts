import { z } from 'zod'
import { modelSchema, providerSchema } from './provider.js'

/** Cautious guesses for a model nobody has described: most servers hold at least this much. */
export const unknownModel = { contextTokens: 65_536, outputTokensMax: 8_192, images: false }

const userModelSchema = modelSchema
  .extend({
    contextTokens: modelSchema.shape.contextTokens.default(unknownModel.contextTokens),
    outputTokensMax: modelSchema.shape.outputTokensMax.default(unknownModel.outputTokensMax),
  })
  .strict()

/** A provider as its user writes it: `id` and `baseUrl` are enough. */
export const userProviderSchema = z.strictObject({
  ...providerSchema.shape,
  name: z.string().min(1).optional(),
  keyRequired: z.boolean().optional(),
  models: z.array(userModelSchema).default([]),
  /** null when only the listed models exist. */
  otherModels: userModelSchema.omit({ id: true, aliases: true }).nullable().default(unknownModel),
})

/** The same as a change of it: what is left out is left out, and no default stands for it. */
export const providerChangeSchema = userProviderSchema
  .omit({ id: true })
  .extend({
    auth: providerSchema.shape.auth.removeDefault(),
    models: z.array(userModelSchema),
    otherModels: userModelSchema.omit({ id: true, aliases: true }).nullable(),
  })
  .partial()

export type UserProvider = z.input<typeof userProviderSchema>
