import { Failure } from '@auroracoder/kit/jail'
import { deepseek } from './deepseek.js'
import { gemini, vertex } from './gemini.js'
import type { GetToken } from './google-token.js'
import { nearModels } from './near-models.js'
import { nvidia } from './nvidia.js'
import { openrouter } from './openrouter.js'
import type { ModelInfo, Provider } from './provider.js'
import { ProviderFailure } from './provider-failure.js'
import { parseUserProvider } from './user-provider.js'
import { unknownModel } from './user-provider-schema.js'

export const defaultModel = 'deepseek-flash'

export interface Environment {
  readonly [name: string]: string | undefined
}

/** The built-in providers as this environment changes them. The first one takes the names that nobody else knows. */
export function builtInProviders(env: Environment): Provider[] {
  return [deepseekAt(env.DEEPSEEK_BASE_URL?.trim()), nvidia, gemini, vertexIn(env), openrouter]
}

function deepseekAt(baseUrl: string | undefined): Provider {
  if (!baseUrl || isPublicDeepSeek(baseUrl)) return deepseek
  return { ...deepseek, baseUrl: checkedUrl(baseUrl), keyRequired: false, otherModels: unknownModel }
}

function vertexIn(env: Environment): Provider {
  const project = env.VERTEX_AI_PROJECT_ID?.trim() || 'PROJECT'
  const location = env.VERTEX_AI_LOCATION?.trim() || 'global'
  for (const [name, value] of Object.entries({ VERTEX_AI_PROJECT_ID: project, VERTEX_AI_LOCATION: location })) {
    // Both become part of a URL to which a token is sent.
    if (!/^[A-Za-z0-9][A-Za-z0-9:.-]*$/.test(value) || value.includes('..'))
      throw new Failure(
        `${name} must be made of letters, digits, "-", "." and ":", found "${value}". Set it to the id that the Google Cloud console shows.`,
      )
  }
  return vertex({ project, location })
}

/** Any OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, LM Studio, a gateway. */
export function openAiCompatible(options: { id: string; baseUrl: string; keyVariable?: string }): Provider {
  return { ...parseUserProvider(options, 'the options'), keyRequired: false }
}

export interface ModelChoice {
  provider: Provider
  info: ModelInfo
  apiKey: string | undefined
  /** In place of a key, where the provider wants Google's tokens. */
  token?: GetToken | undefined
}

export interface ModelSearch {
  model?: string
  providers: readonly Provider[]
  env: Environment
  /** Keys by provider id; they win over the environment. */
  keys?: Environment
}

/** Finds `model` or `provider/model`, and the key to use it with. */
export function chooseModel(options: ModelSearch): ModelChoice {
  const found = findModel(options.model ?? defaultModel, options)
  const missing = missingKey(found.provider, options)
  if (missing !== undefined) throw new ProviderFailure('no_key', missing, { provider: found.provider.id })
  return { ...found, apiKey: keyOf(found.provider, options) }
}

/** Throws `ProviderFailure` with the nearest names for a model that no provider has. */
export function findModel(wanted: string, search: Omit<ModelSearch, 'model'>): Omit<ModelChoice, 'apiKey'> {
  const { providers } = search
  const listed = readings(wanted, providers).flatMap(({ provider, id }) => {
    const info = provider.models.find((model) => model.id === id || model.aliases.includes(id))
    return info ? [{ provider, info }] : []
  })
  // Two providers may list one name: the one that can be used is meant.
  const found = listed.find(({ provider }) => missingKey(provider, search) === undefined) ?? listed[0]
  if (found) return found
  const taker = takerOf(wanted, providers)
  if (taker) return taker
  const known = providers.flatMap(({ id, models }) => models.map((model) => `${id}/${model.id}`))
  const nearest = nearModels(wanted, known)
  const advice =
    nearest.length > 0 ? `The nearest names: ${nearest.join(', ')}.` : `Known models: ${known.join(', ') || 'none'}.`
  throw new ProviderFailure('unknown_model', `Unknown model "${wanted}". ${advice} GET /v1/models lists all.`, {
    model: wanted,
    nearest,
  })
}

/** What the provider lacks, as a sentence that says what to do; undefined when it can be used. */
export function missingKey(provider: Provider, search: Pick<ModelSearch, 'env' | 'keys'>): string | undefined {
  const { name, auth, keyVariable, keyHelp } = provider
  if (!provider.keyRequired || variableOf(provider, search)) return undefined
  const thing = auth === 'google' ? 'a project' : 'a key'
  const variable =
    keyVariable === undefined ? 'none was given. Give it one' : `${keyVariable} is not set. Set it and try again`
  const help = keyHelp === undefined ? '' : auth === 'google' ? ` See ${keyHelp}.` : ` Keys are made at ${keyHelp}.`
  return `${name} needs ${thing} and ${variable}.${help}`
}

/** The key to send; none where tokens take its place. */
export function keyOf(provider: Provider, search: Pick<ModelSearch, 'env' | 'keys'>): string | undefined {
  return provider.auth === 'google' ? undefined : variableOf(provider, search)
}

function variableOf({ id, keyVariable }: Provider, { env, keys }: Pick<ModelSearch, 'env' | 'keys'>) {
  const stored = keys !== undefined && Object.hasOwn(keys, id) ? keys[id] : undefined
  return stored ?? (keyVariable === undefined ? undefined : env[keyVariable]?.trim() || undefined)
}

/** An endpoint that takes models nobody has described: by `provider/model`, or the first of all by any name. */
function takerOf(wanted: string, providers: readonly Provider[]): Omit<ModelChoice, 'apiKey'> | undefined {
  const first = providers[0]
  const candidates = [...prefixed(wanted, providers), ...(first ? [{ provider: first, id: wanted }] : [])]
  for (const { provider, id } of candidates) {
    if (provider.otherModels && id !== '') return { provider, info: { ...provider.otherModels, id, aliases: [] } }
  }
  return undefined
}

/** Model ids may hold slashes themselves (`deepseek-ai/deepseek-v4`), so both readings are tried, prefix first. */
function readings(wanted: string, providers: readonly Provider[]): { provider: Provider; id: string }[] {
  return [...prefixed(wanted, providers), ...providers.map((provider) => ({ provider, id: wanted }))]
}

function prefixed(wanted: string, providers: readonly Provider[]): { provider: Provider; id: string }[] {
  return providers
    .filter(({ id }) => wanted.startsWith(`${id}/`))
    .map((provider) => ({ provider, id: wanted.slice(provider.id.length + 1) }))
}

function isPublicDeepSeek(url: string): boolean {
  return URL.canParse(url) && new URL(url).hostname === new URL(deepseek.baseUrl).hostname
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '')
  throw new Failure(`DEEPSEEK_BASE_URL must be an http or https URL such as http://127.0.0.1:8000/v1, found "${url}".`)
}
