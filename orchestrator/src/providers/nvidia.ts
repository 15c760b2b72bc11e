import type { Provider } from './provider.js'

/** Template switches and the documented `reasoning_effort`; without them the reasoning is not streamed. */
const deepseekThinking = {
  on: { reasoning_effort: 'high', chat_template_kwargs: { thinking: true, enable_thinking: true } },
  off: { reasoning_effort: 'none', chat_template_kwargs: { thinking: false, enable_thinking: false } },
  default: true,
  sendBack: 'reasoning_content',
  source: {
    url: 'https://docs.api.nvidia.com/nim/reference/deepseek-ai-deepseek-v4-flash-infer',
    date: '2026-11-27',
    note: 'the template switches are those of https://github.com/anomalyco/opencode/issues/24264',
  },
} as const

/** `clear_thinking: false` keeps the reasoning of earlier answers, which is what is sent back. */
const glmThinking = {
  on: { chat_template_kwargs: { enable_thinking: true, clear_thinking: false } },
  off: { chat_template_kwargs: { enable_thinking: false } },
  default: true,
  sendBack: 'reasoning_content',
  source: { url: 'https://build.nvidia.com/z-ai/glm5/modelcard', date: '2026-11-27' },
} as const

const free = 'hosted on the trial tier without a list price, so that costs are not counted'

/** NVIDIA retires hosted models within months; any other id of its catalog can be used as nvidia/<id>. */
export const nvidia: Provider = {
  id: 'nvidia',
  name: 'NVIDIA',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  auth: 'key',
  keyVariable: 'NVIDIA_API_KEY',
  keyRequired: true,
  keyHelp: 'https://build.nvidia.com/settings/api-keys',
  models: [
    {
      id: 'deepseek-ai/deepseek-v4-flash-0731',
      aliases: [],
      contextTokens: 1_000_000,
      outputTokensMax: 384_000,
      images: false,
      thinking: deepseekThinking,
      source: { url: 'https://build.nvidia.com/deepseek-ai/deepseek-v4-flash-0731', date: '2026-11-27', note: free },
    },
    {
      id: 'deepseek-ai/deepseek-v4-pro-0813',
      aliases: [],
      contextTokens: 1_000_000,
      outputTokensMax: 384_000,
      images: false,
      thinking: deepseekThinking,
      source: { url: 'https://build.nvidia.com/deepseek-ai/deepseek-v4-pro-0813', date: '2026-11-27', note: free },
    },
    {
      id: 'z-ai/glm-5.2',
      aliases: [],
      contextTokens: 1_000_000,
      outputTokensMax: 131_072,
      images: false,
      thinking: glmThinking,
      source: {
        url: 'https://build.nvidia.com/z-ai/glm-5.2',
        date: '2026-11-27',
        note: `the free endpoint is marked as deprecated; the output limit is that of GLM-5.1; ${free}`,
      },
    },
    {
      id: 'z-ai/glm-5.1',
      aliases: [],
      contextTokens: 202_752,
      outputTokensMax: 131_072,
      images: false,
      thinking: glmThinking,
      source: {
        url: 'https://github.com/anomalyco/models.dev/blob/90558e9eed970cf98b1006b2544973ae7397c78d/providers/nvidia/models/z-ai/glm-5.1.toml',
        date: '2026-11-27',
        note: free,
      },
    },
  ],
  otherModels: { contextTokens: 65_536, outputTokensMax: 8_192, images: false },
}
