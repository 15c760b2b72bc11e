import { Failure } from '@auroracoder/kit/jail'
import { deepseek } from './deepseek.js'
import { type ModelInfo, type Provider, providerSchema } from './provider.js'

export const defaultModel = 'deepseek-flash'

/** Cautious guesses for a model nobody has described: most servers hold at least this much. */
const unknownModel = { contextTokens: 65_536, outputTokensMax: 8_192, images: false }

export interface Environment {
  readonly [name: string]: string | undefined
}

/** The built-in providers as this environment changes them. */
export function builtInProviders(env: Environment): Provider[] {
  const baseUrl = env.DEEPSEEK_BASE_URL?.trim()
  if (!baseUrl || isPublicDeepSeek(baseUrl)) return [deepseek]
  return [{ ...deepseek, baseUrl: checkedUrl(baseUrl), keyRequired: false, otherModels: unknownModel }]
}

/** Any OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp, LM Studio, a gateway. */
export function openAiCompatible(options: { id: string; baseUrl: string; keyVariable?: string }): Provider {
  return providerSchema.parse({
    ...options,
    name: options.id,
    keyRequired: false,
    models: [],
    otherModels: unknownModel,
  })
}

export interface ModelChoice {
  provider: Provider
  info: ModelInfo
  apiKey: string | undefined
}

/** Finds `model` or `provider/model`, and the key to use it with. */
export function chooseModel(options: {
  model?: string
  providers: readonly Provider[]
  env: Environment
}): ModelChoice {
  const wanted = options.model ?? defaultModel
  const found = findModel(wanted, options.providers)
  if (!found) {
    const known = options.providers.flatMap(({ id, models }) => models.map((model) => `${id}/${model.id}`))
    throw new Failure(`Unknown model "${wanted}". Known models: ${known.join(', ')}.`)
  }
  const { provider } = found
  const apiKey = provider.keyVariable === undefined ? undefined : options.env[provider.keyVariable]?.trim() || undefined
  if (provider.keyRequired && apiKey === undefined) {
    const help = provider.keyHelp === undefined ? '' : ` Keys are made at ${provider.keyHelp}.`
    throw new Failure(
      `${provider.name} needs a key and ${provider.keyVariable ?? 'none'} is not set. Set it and try again.${help}`,
    )
  }
  return { ...found, apiKey }
}

function findModel(wanted: string, providers: readonly Provider[]): Omit<ModelChoice, 'apiKey'> | undefined {
  for (const { provider, id } of readings(wanted, providers)) {
    const info = provider.models.find((model) => model.id === id || model.aliases.includes(id))
    if (info) return { provider, info }
  }
  for (const { provider, id } of readings(wanted, providers)) {
    if (provider.otherModels) return { provider, info: { ...provider.otherModels, id, aliases: [] } }
  }
  return undefined
}

/** Model ids may hold slashes themselves (`deepseek-ai/deepseek-v4`), so both readings are tried, prefix first. */
function readings(wanted: string, providers: readonly Provider[]): { provider: Provider; id: string }[] {
  const prefixed = providers
    .filter(({ id }) => wanted.startsWith(`${id}/`))
    .map((provider) => ({ provider, id: wanted.slice(provider.id.length + 1) }))
  return [...prefixed, ...providers.map((provider) => ({ provider, id: wanted }))]
}

function isPublicDeepSeek(url: string): boolean {
  return URL.canParse(url) && new URL(url).hostname === new URL(deepseek.baseUrl).hostname
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '')
  throw new Failure(`DEEPSEEK_BASE_URL must be an http or https URL such as http://127.0.0.1:8000/v1, found "${url}".`)
}
