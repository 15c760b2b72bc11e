import type { Situation } from '../situation.js'

export const streaming: Situation = {
  name: 'streaming',
  files: {},
  script: {
    steps: [
      {
        when: {},
        reply: {
          reasoning: 'They want something long. '.repeat(20),
          text: 'This is long enough. — Überprüft ✓ '.repeat(20),
        },
      },
    ],
  },
  async play(player) {
    const session = await player.session()
    await player.ended(session, await player.run(session, 'Say something long.', { key: 'long' }))
  },
}
