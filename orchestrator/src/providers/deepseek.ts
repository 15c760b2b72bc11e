import type { Provider } from './provider.js'

const pricing = { url: 'https://api-docs.deepseek.com/quick_start/pricing', date: '2026-11-15' }

/** Off-peak prices are half the peak prices; Chinese public holidays are off-peak too and are counted here as peak. */
const peakHours = {
  weekdays: [1, 2, 3, 4, 5],
  hoursUtc: [
    [1, 4],
    [6, 10],
  ] satisfies [number, number][],
}

/** The page says "1M" and "384K"; the smaller reading of each is taken. */
const contextTokens = 1_000_000
const outputTokensMax = 384_000

export const deepseek: Provider = {
  id: 'deepseek',
  name: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  auth: 'key',
  keyVariable: 'DEEPSEEK_API_KEY',
  keyRequired: true,
  keyHelp: 'https://platform.deepseek.com/api_keys',
  balanceHelp: 'https://platform.deepseek.com/top_up',
  models: [
    {
      id: 'deepseek-flash',
      aliases: ['deepseek-v4-flash', 'deepseek-v4-flash-vision-exp'],
      contextTokens,
      outputTokensMax,
      prices: {
        base: { cacheHit: 0.003, cacheMiss: 0.15, output: 0.6 },
        bands: [{ ...peakHours, price: { cacheHit: 0.006, cacheMiss: 0.3, output: 1.2 } }],
      },
      images: true,
      source: { ...pricing, note: 'DeepSeek-V4.1-Flash-1017; the aliases are retired names it answers to' },
    },
    {
      id: 'deepseek-v4-pro',
      aliases: [],
      contextTokens,
      outputTokensMax,
      prices: {
        base: { cacheHit: 0.022, cacheMiss: 0.66, output: 1.98 },
        bands: [{ ...peakHours, price: { cacheHit: 0.044, cacheMiss: 1.32, output: 3.96 } }],
      },
      images: false,
      source: { ...pricing, note: 'DeepSeek-V4-Pro-0813' },
    },
  ],
  thinking: {
    on: { thinking: { type: 'enabled' } },
    off: { thinking: { type: 'disabled' } },
    default: true,
    sendBack: 'reasoning_content',
    source: { url: 'https://api-docs.deepseek.com/guides/thinking_mode', date: '2026-11-15' },
  },
}
