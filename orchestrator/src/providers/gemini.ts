import type { ModelInfo, Provider } from './provider.js'

const everyHour = { weekdays: [0, 1, 2, 3, 4, 5, 6], hoursUtc: [[0, 24]] satisfies [number, number][] }

const models: readonly ModelInfo[] = [
  {
    id: 'gemini-3.8-flash',
    aliases: [],
    contextTokens: 1_048_576,
    outputTokensMax: 65_536,
    prices: {
      base: { cacheHit: 0.075, cacheMiss: 0.75, output: 3.75 },
      bands: [{ since: '2027-01-01', ...everyHour, price: { cacheHit: 0.15, cacheMiss: 1.5, output: 7.5 } }],
    },
    images: true,
    source: {
      url: 'https://ai.google.dev/gemini-api/docs/pricing#gemini-3.8-flash',
      date: '2026-11-27',
      note: 'the lower prices hold through 2026-12-31',
    },
  },
  {
    id: 'gemini-3.1-pro-preview',
    aliases: [],
    contextTokens: 1_048_576,
    outputTokensMax: 65_536,
    images: true,
    source: {
      url: 'https://ai.google.dev/gemini-api/docs/pricing#gemini-3.1-pro-preview',
      date: '2026-11-27',
      note: 'the price depends on the length of the prompt (twice as much above 200,000 tokens), so that costs are not counted',
    },
  },
  {
    id: 'gemini-3.1-flash-lite',
    aliases: [],
    contextTokens: 1_048_576,
    outputTokensMax: 65_536,
    prices: { base: { cacheHit: 0.025, cacheMiss: 0.25, output: 1.5 }, bands: [] },
    images: true,
    source: { url: 'https://ai.google.dev/gemini-api/docs/pricing#gemini-3.1-flash-lite', date: '2026-11-27' },
  },
]

/** What both of Google's endpoints share. */
const common = {
  keyRequired: true,
  /** Gemini 3 cannot be kept from thinking: `low` is the least. Its thoughts are not part of the answer. */
  thinking: {
    on: { reasoning_effort: 'high' },
    off: { reasoning_effort: 'low' },
    default: true,
    sendBack: 'none',
    source: { url: 'https://ai.google.dev/gemini-api/docs/openai', date: '2026-11-27' },
  },
  /**
   * Gemini 3 refuses a history whose tool calls lack the signature of the thoughts behind them. The log keeps none, and
   * this documented value (https://ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-27) stands for it.
   */
  firstCallFields: { extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } },
  otherModels: { contextTokens: 65_536, outputTokensMax: 8_192, images: true },
} as const

/** Gemini with a key of AI Studio. */
export const gemini: Provider = {
  ...common,
  id: 'gemini',
  name: 'Gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  auth: 'key',
  keyVariable: 'GEMINI_API_KEY',
  keyHelp: 'https://aistudio.google.com/apikey',
  models: [...models],
}

/** Gemini on Vertex AI, in a project of the user's. Regions bill differently; the prices are those of `global`. */
export function vertex({ project, location }: { project: string; location: string }): Provider {
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`
  return {
    ...common,
    id: 'vertex',
    name: 'Vertex AI',
    baseUrl: `https://${host}/v1/projects/${project}/locations/${location}/endpoints/openapi`,
    auth: 'google',
    keyVariable: 'VERTEX_AI_PROJECT_ID',
    keyHelp: 'https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/auth-and-credentials',
    models: models.map((model) => ({
      ...model,
      id: `google/${model.id}`,
      source: {
        url: 'https://cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing',
        date: '2026-11-27',
        note: model.source?.note ?? 'the same as at AI Studio',
      },
    })),
  }
}
