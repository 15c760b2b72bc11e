import type { Situation } from '../situation.js'
import { countingCall, effectProblems } from './shell.js'

/** A turn with an effect is taken back, and the next one takes its place. */
export const revert: Situation = {
  name: 'revert',
  files: {},
  script: {
    steps: [
      { when: { tool: 'run_terminal_command' }, reply: { text: 'It ran.' } },
      { when: { last: '(first|second)' }, reply: { calls: [countingCall('{{1}}')] } },
    ],
  },
  async play(player) {
    const session = await player.session()
    await player.ended(session, await player.run(session, 'Run the first', { key: 'first' }))
    await player.once(session, 'session.reverted', () =>
      player.api('POST', `/v1/sessions/${session}/revert`, { seq: 1 }),
    )
    await player.until(session, (log) => log.find(({ type }) => type === 'session.restored'))
    await player.ended(session, await player.run(session, 'Run the second', { key: 'second' }))
  },
  problems: async (end) =>
    // What was taken back may have taken its effect with it.
    (await effectProblems(end, { first: 1, second: 1 })).filter((problem) => !problem.includes('are said to have run')),
}
