import type { z } from 'zod'
import { type Provider, providerSchema } from './provider.js'
import { ProviderFailure } from './provider-failure.js'
import { userProviderSchema } from './user-provider-schema.js'

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
