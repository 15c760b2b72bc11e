import { type Environment, missingKey } from './catalog.js'
import { priceAt } from './price.js'
import type { ModelInfo, Price, Provider } from './provider.js'

/** Where a definition came from. */
export type Source = 'built-in' | 'config' | 'api'

/** A provider as clients see it: never a key, only where one comes from. */
export interface ProviderView {
  id: string
  name: string
  baseUrl: string
  source: Source
  /** It stands in place of a built-in provider of this id. */
  overrides: boolean
  keyVariable?: string | undefined
  keyHelp?: string | undefined
  key: 'stored' | 'environment' | 'google' | 'none'
  /** Whether it can be used now, as far as keys go; `reason` says what is missing. */
  usable: boolean
  reason?: string | undefined
  models: string[]
  /** It also takes models that are not listed, as `<id>/<model>`. */
  takesOtherModels: boolean
}

export interface ModelView {
  id: string
  provider: string
  /** `provider/id`, which means this model whatever other providers list. */
  ref: string
  contextTokens: number
  outputTokensMax: number
  /** It can be told to think. */
  thinking: boolean
  images: boolean
  /** US dollars for a million tokens, now; null when no price is known. */
  prices: Price | null
  default: boolean
  usable: boolean
  reason?: string | undefined
  source?: { url: string; date: string; note?: string | undefined } | undefined
}

interface Keys {
  env: Environment
  keys: Environment
}

export function viewProvider(
  provider: Provider,
  { sources, ...search }: Keys & { sources: Readonly<Record<Source, readonly Provider[]>> },
): ProviderView {
  const { id, name, baseUrl, keyVariable, keyHelp } = provider
  const source = sourceOf(provider, sources)
  return {
    id,
    name,
    baseUrl,
    source,
    overrides: source !== 'built-in' && sources['built-in'].some((other) => other.id === id),
    keyVariable,
    keyHelp,
    key: keyOrigin(provider, search),
    ...usability(provider, search),
    models: provider.models.map((model) => model.id),
    takesOtherModels: provider.otherModels !== undefined,
  }
}

export function viewModel(
  provider: Provider,
  info: ModelInfo,
  { main, nowMs, ...search }: Keys & { main: string | undefined; nowMs: number },
): ModelView {
  const ref = `${provider.id}/${info.id}`
  return {
    id: info.id,
    provider: provider.id,
    ref,
    contextTokens: info.contextTokens,
    outputTokensMax: info.outputTokensMax,
    thinking: (info.thinking ?? provider.thinking) !== undefined,
    images: info.images,
    prices: priceAt(info, nowMs),
    default: ref === main,
    ...usability(provider, search),
    source: info.source,
  }
}

function sourceOf(provider: Provider, sources: Readonly<Record<Source, readonly Provider[]>>): Source {
  if (sources.config.includes(provider)) return 'config'
  return sources.api.includes(provider) ? 'api' : 'built-in'
}

function usability(provider: Provider, search: Keys): { usable: boolean; reason?: string } {
  const reason = missingKey(provider, search)
  return reason === undefined ? { usable: true } : { usable: false, reason }
}

function keyOrigin({ id, auth, keyVariable }: Provider, { env, keys }: Keys): ProviderView['key'] {
  if (auth === 'google') return 'google'
  if (Object.hasOwn(keys, id)) return 'stored'
  return keyVariable !== undefined && env[keyVariable]?.trim() ? 'environment' : 'none'
}
