import { join } from 'node:path'
import { z } from 'zod'
import { createJsonFile } from '../kept/index.js'
import { builtInProviders, chooseModel, defaultModel, type Environment, findModel, missingKey } from './catalog.js'
import { createGoogleToken, type GetToken } from './google-token.js'
import type { Model } from './model.js'
import { createModel } from './openai-model.js'
import { priceAt } from './price.js'
import { type ModelInfo, type Provider, providerSchema } from './provider.js'
import { ProviderFailure } from './provider-failure.js'
import { type ModelView, type ProviderView, type Source, viewModel, viewProvider } from './provider-view.js'
import { type TestResult, testModel, testModelId } from './test-provider.js'
import { parseConfigured, parseUserProvider } from './user-provider.js'

/** Every provider there is, the keys to use them with, and the models they have. What is changed holds at once. */
export interface Providers {
  list(): ProviderView[]
  models(): ModelView[]
  /**
   * Defines or replaces a provider. Without a definition only the key changes; `key: null` forgets it. A key is kept
   * for the endpoint it was given for: a definition that points elsewhere drops it.
   */
  put(id: string, change: ProviderChange): Promise<ProviderView>
  /** Forgets a definition and a key that came by `put`; a built-in provider is then as it was. */
  remove(id: string): Promise<void>
  /** One tiny completion. Settles with what failed, and rejects only for a provider or model that does not exist. */
  test(id: string, model?: string): Promise<TestResult>
  /** Throws `ProviderFailure` for a model that no provider has, with the nearest names. */
  check(model: string): void
  /** Throws `ProviderFailure` for an unknown model and for a provider that has no key. */
  modelFor(model?: string, options?: { thinking?: boolean }): Model
  /** For summaries: the preferred one, else the cheapest of the main model's provider, without thinking. */
  secondary(): Model
}

export interface ProviderChange {
  /** Everything but the id, as `userProviderSchema` has it. */
  definition?: object | undefined
  key?: string | null | undefined
}

/** What the user has set; asked for at every use. */
export interface Preferences {
  model?: string | undefined
  secondaryModel?: string | undefined
  thinking?: boolean | undefined
}

export interface ProvidersOptions {
  dataDir: string
  env: Environment
  /** `providers` of the configuration file, unread, and where it stands. */
  configured?: { where: string; providers: readonly unknown[] } | undefined
  preferred?: () => Preferences
  now?: () => number
  googleToken?: GetToken
}

const noPreferences = (): Preferences => ({})

export const providersFileName = 'providers.json'
export const providerKeysFileName = 'provider-keys.json'

/** Rejects with a `Failure` that names the file when what is kept, or configured, cannot be understood. */
export async function createProviders(options: ProvidersOptions): Promise<Providers> {
  const { dataDir, env, now = Date.now, preferred = noPreferences, googleToken = createGoogleToken() } = options
  const builtIn = builtInProviders(env)
  const configured = parseConfigured(options.configured?.providers ?? [], options.configured?.where ?? '')
  const definitionsFile = createJsonFile({
    file: join(dataDir, providersFileName),
    schema: z.array(providerSchema),
    empty: [],
  })
  const keysFile = createJsonFile({
    file: join(dataDir, providerKeysFileName),
    schema: z.record(z.string(), z.string()),
    empty: {},
  })
  let stored = await definitionsFile.read()
  let keys = await keysFile.read()

  const all = () => layered([builtIn, stored, configured])
  const search = () => ({ providers: all(), env, keys })
  const sources = (): Record<Source, readonly Provider[]> => ({ 'built-in': builtIn, api: stored, config: configured })
  const provider = (id: string): Provider => {
    const found = all().find((one) => one.id === id)
    if (found) return found
    const known = all().map((one) => one.id)
    throw new ProviderFailure('unknown_provider', `Unknown provider "${id}". Known providers: ${known.join(', ')}.`, {
      provider: id,
      known,
    })
  }
  const view = (one: Provider): ProviderView => viewProvider(one, { ...search(), sources: sources() })

  const mainId = (): string => preferred().model ?? automaticModel(search())
  const modelFor: Providers['modelFor'] = (id = mainId(), { thinking = preferred().thinking } = {}) => {
    const choice = chooseModel({ ...search(), model: id })
    const token = choice.provider.auth === 'google' ? googleToken : undefined
    return createModel({ choice: { ...choice, token }, now, ...(thinking === undefined ? {} : { thinking }) })
  }

  const setKey = async (id: string, key: string | null): Promise<void> => {
    keys = await keysFile.change((value) => {
      const { [id]: _, ...others } = value
      return key === null ? others : { ...others, [id]: key }
    })
  }
  const setDefinition = async (id: string, definition: Provider | null): Promise<void> => {
    stored = await definitionsFile.change((value) => {
      const others = value.filter((one) => one.id !== id)
      return definition === null ? others : [...others, definition]
    })
  }
  const isConfigured = (id: string) => configured.some((one) => one.id === id)

  return {
    list: () => all().map(view),
    models() {
      const main = mainChoice(mainId(), search())
      return all().flatMap((one) => one.models.map((info) => viewModel(one, info, { ...search(), main, nowMs: now() })))
    },

    async put(id, { definition, key }) {
      if (definition !== undefined) {
        if (isConfigured(id)) throw fixed(id, options.configured?.where ?? '')
        const next = parseUserProvider({ ...definition, id }, 'the request')
        const before = all().find((one) => one.id === id)
        // The key goes before the endpoint changes: it must not be sent elsewhere, whatever fails in between.
        const moved = before !== undefined && originOf(before) !== originOf(next)
        if (key === undefined && moved && Object.hasOwn(keys, id)) await setKey(id, null)
        await setDefinition(id, next)
      }
      const one = provider(id)
      if (key !== undefined) await setKey(id, key)
      return view(one)
    },

    async remove(id) {
      const one = provider(id)
      const hasKey = Object.hasOwn(keys, id)
      const hasDefinition = stored.some((other) => other.id === id)
      if (!hasKey && !hasDefinition) {
        if (isConfigured(id)) throw fixed(id, options.configured?.where ?? '')
        throw new ProviderFailure('builtin_provider', `${one.name} is built in and cannot be removed.`, {
          provider: id,
        })
      }
      if (hasKey) await setKey(id, null)
      if (hasDefinition) await setDefinition(id, null)
    },

    async test(id, model) {
      const one = provider(id)
      return testModel({
        now,
        model: async (signal) =>
          modelFor(`${id}/${model ?? (await testModelId(one, { ...search(), signal }))}`, { thinking: false }),
      })
    },

    check: (model) => void findModel(model, search()),
    modelFor,
    secondary() {
      const wanted = preferred().secondaryModel
      if (wanted !== undefined) return modelFor(wanted, { thinking: false })
      const { provider: main, info } = findModel(mainId(), search())
      return modelFor(`${main.id}/${cheapest(main, info, now()).id}`, { thinking: false })
    },
  }
}

/** Later layers win; a provider stands where its id first stood. */
function layered(layers: readonly (readonly Provider[])[]): Provider[] {
  const byId = new Map(layers.flat().map((provider) => [provider.id, provider]))
  return [...byId.values()]
}

/** The usual one, unless only another provider can be used. */
function automaticModel(search: { providers: Provider[]; env: Environment; keys: Environment }): string {
  const usual = findModel(defaultModel, search).provider
  if (missingKey(usual, search) === undefined) return defaultModel
  const other = search.providers.find((one) => one.models.length > 0 && missingKey(one, search) === undefined)
  return other?.models[0] === undefined ? defaultModel : `${other.id}/${other.models[0].id}`
}

function mainChoice(id: string, search: Parameters<typeof findModel>[1]): string | undefined {
  try {
    const { provider, info } = findModel(id, search)
    return `${provider.id}/${info.id}`
  } catch (error) {
    if (error instanceof ProviderFailure) return undefined
    throw error
  }
}

/** By what a new token and an answered one cost together; a model without a price is never the cheapest. */
function cheapest(provider: Provider, main: ModelInfo, nowMs: number): ModelInfo {
  const cost = (model: ModelInfo) => {
    const price = priceAt(model, nowMs)
    return price === null ? Number.POSITIVE_INFINITY : price.cacheMiss + price.output
  }
  if (!provider.models.includes(main)) return main
  return provider.models.reduce((best, model) => (cost(model) < cost(best) ? model : best), main)
}

function originOf({ baseUrl }: Provider): string {
  return new URL(baseUrl).origin
}

function fixed(id: string, where: string): ProviderFailure {
  return new ProviderFailure('provider_fixed', `The provider "${id}" is defined in ${where}; change it there.`, {
    provider: id,
  })
}
