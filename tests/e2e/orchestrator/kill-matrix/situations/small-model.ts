import type { Player } from '../player.js'

/** A provider of the user, whose model has a small window. Answers the model's name. */
export async function smallModel(player: Player, { contextTokens }: { contextTokens: number }): Promise<string> {
  const enabled = (type: string) => ({ thinking: { type } })
  await player.api('PUT', '/v1/providers/small', {
    baseUrl: player.modelUrl,
    thinking: { on: enabled('enabled'), off: enabled('disabled'), default: true, sendBack: 'reasoning_content' },
    models: [{ id: 'deepseek-flash', contextTokens, outputTokensMax: 8_192 }],
  })
  return 'small/deepseek-flash'
}
