import type { Situation } from '../situation.js'
import { smallModel } from './small-model.js'

/** The window is full from the start, so that the model may go on in a new conversation. */
export const newChat: Situation = {
  name: 'new chat',
  files: {},
  script: {
    steps: [
      { when: { last: 'NEXT CHAT' }, reply: { text: 'I go on here.' } },
      { when: {}, reply: { calls: [{ name: 'continue_as_new_chat', arguments: { prompt: 'NEXT CHAT: go on.' } }] } },
    ],
  },
  async play(player) {
    const model = await smallModel(player, { contextTokens: 2_000 })
    const session = await player.session({ model })
    const run = await player.run(session, 'Go on elsewhere.', { key: 'go on' })
    const { data } = await player.until(session, (log) => log.find((event) => event.type === 'continued'))
    await player.ended(session, run)
    await player.ended(data.sessionId, data.runId)
  },
  problems: ({ logs }) => (logs.size === 2 ? [] : [`There are ${logs.size} sessions, and there were to be two.`]),
}
