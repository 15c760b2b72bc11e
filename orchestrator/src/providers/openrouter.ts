import type { Provider } from './provider.js'

/** OpenRouter's prices differ by upstream and change by the day, so that costs are not counted. */
const source = (id: string) => ({
  url: `https://openrouter.ai/${id}`,
  date: '2026-11-27',
  note: 'limits as of https://models.dev; the price depends on the upstream',
})

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: 'key',
  keyVariable: 'OPENROUTER_API_KEY',
  keyRequired: true,
  keyHelp: 'https://openrouter.ai/settings/keys',
  balanceHelp: 'https://openrouter.ai/settings/credits',
  models: [
    {
      id: 'deepseek/deepseek-v4.1-flash',
      aliases: [],
      contextTokens: 1_000_000,
      outputTokensMax: 384_000,
      images: false,
      source: source('deepseek/deepseek-v4.1-flash'),
    },
    {
      id: 'deepseek/deepseek-v4-pro-0813',
      aliases: [],
      contextTokens: 1_000_000,
      outputTokensMax: 384_000,
      images: false,
      source: source('deepseek/deepseek-v4-pro-0813'),
    },
    {
      id: 'z-ai/glm-5.3',
      aliases: [],
      contextTokens: 1_310_720,
      outputTokensMax: 131_072,
      images: false,
      source: source('z-ai/glm-5.3'),
    },
  ],
  otherModels: { contextTokens: 65_536, outputTokensMax: 8_192, images: false },
  thinking: {
    on: { reasoning: { enabled: true } },
    off: { reasoning: { enabled: false } },
    default: true,
    sendBack: 'reasoning',
    source: { url: 'https://openrouter.ai/docs/use-cases/reasoning-tokens', date: '2026-11-27' },
  },
}
