import { z } from 'zod'
import { modelSchema, type Provider, providerSchema } from './provider.js'
import { ProviderFailure } from './provider-failure.js'

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

/** Everything that was left out gets its default. `where` names the source in the `ProviderFailure` it may throw. */
export function parseUserProvider(definition: unknown, where: string): Provider {
  const parsed = userProviderSchema.safeParse(definition)
  if (!parsed.success) throw invalid(parsed.error, where)
  const { otherModels, name, keyRequired, ...given } = parsed.data
  return {
    ...given,
    baseUrl: given.baseUrl.replace(/\/+$/, ''),
    name: name ?? given.id,
    keyRequired: keyRequired ?? given.keyVariable !== undefined,
    ...(otherModels === null ? {} : { otherModels }),
  }
}

/** The `providers` of the configuration file. */
export function parseConfigured(value: readonly unknown[], where: string): Provider[] {
  const providers = value.map((definition, index) => parseUserProvider(definition, `${where}, providers[${index}]`))
  const twice = providers.find(({ id }, index) => providers.findIndex((other) => other.id === id) !== index)
  if (twice === undefined) return providers
  throw new ProviderFailure('invalid_provider', `${where} names the provider "${twice.id}" twice. Keep one of them.`)
}

function invalid(error: z.ZodError, where: string): ProviderFailure {
  const issues = error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  const problems = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  const known = Object.keys(providerSchema.shape).join(', ')
  return new ProviderFailure('invalid_provider', `Invalid provider in ${where}. ${problems}. Known fields: ${known}.`, {
    issues,
  })
}
