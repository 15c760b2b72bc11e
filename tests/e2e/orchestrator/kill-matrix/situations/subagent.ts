import type { Situation } from '../situation.js'

/** Two helpers side by side. */
export const subagent: Situation = {
  name: 'subagent',
  files: { 'a.txt': 'a\n', 'b.txt': 'b\n' },
  script: {
    steps: [
      { when: { tool: 'subagent' }, reply: { text: 'Both have looked.' } },
      { when: { tool: 'read_file' }, reply: { text: 'It holds a letter.' } },
      {
        when: { last: 'LOOK INTO (\\w+)' },
        reply: { calls: [{ name: 'read_file', arguments: { paths: ['{{1}}.txt'] } }] },
      },
      {
        when: {},
        reply: {
          reasoning: 'Two at once.',
          calls: ['a', 'b'].map((name) => ({ name: 'subagent', arguments: { task: `LOOK INTO ${name}` } })),
        },
      },
    ],
  },
  async play(player) {
    const session = await player.session()
    await player.ended(session, await player.run(session, 'Let helpers look.', { key: 'look' }))
  },
  problems: ({ logs }) =>
    [...logs.values()].flatMap((log) => {
      const finished = log.filter((event) => event.type === 'subagent.finished')
      const failed = finished.filter(({ data }) => !data.ok).map(({ data }) => `A helper failed: ${data.text}`)
      return finished.length === 2 ? failed : [...failed, `${finished.length} helpers ended, and there were two.`]
    }),
}
