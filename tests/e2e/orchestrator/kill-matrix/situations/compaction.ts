import type { Situation } from '../situation.js'
import { smallModel } from './small-model.js'

/** Each answer takes a good part of the window, so that the third one needs a summary of the first. */
export const compaction: Situation = {
  name: 'compaction',
  files: {},
  script: {
    steps: [
      { when: { last: 'Write the summary now' }, reply: { text: 'Done: the first stories were told.' } },
      { when: { last: 'Tell story (\\w+)' }, reply: { text: `Story {{1}}. ${'Once upon a time. '.repeat(700)}` } },
    ],
  },
  async play(player) {
    const model = await smallModel(player, { contextTokens: 12_000 })
    const session = await player.session({ model })
    for (const story of ['one', 'two', 'three', 'four']) {
      await player.ended(session, await player.run(session, `Tell story ${story}`, { key: story }))
    }
  },
  problems: ({ logs }) =>
    [...logs.values()].flatMap((log) =>
      log.some(({ type }) => type === 'compaction.finished') ? [] : ['Nothing was summarised.'],
    ),
}
