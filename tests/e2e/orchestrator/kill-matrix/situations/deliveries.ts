import type { Player } from '../player.js'
import type { Situation } from '../situation.js'
import { countingCall, effectProblems } from './shell.js'

const tool = 'run_terminal_command'
const longCall = { name: tool, arguments: { command: 'sleep 0.3' } }

/** While a command runs, one input goes into the run and one waits for its end. */
export const steerAndQueue: Situation = {
  name: 'steer and queue',
  files: {},
  script: {
    steps: [
      { when: { last: 'STEERED' }, reply: { text: 'I was steered.' } },
      { when: { last: 'QUEUED' }, reply: { text: 'My turn.' } },
      { when: { tool }, reply: { text: 'It is over.' } },
      { when: {}, reply: { calls: [longCall] } },
    ],
  },
  async play(player) {
    const session = await player.session()
    const run = await player.run(session, 'Take your time.', { key: 'first' })
    await untilCommand(player, session)
    const steered = await player.run(session, 'STEERED', { key: 'steer', delivery: 'steer' })
    const queued = await player.run(session, 'QUEUED', { key: 'queue', delivery: 'queue' })
    for (const each of [run, steered, queued]) await player.ended(session, each)
  },
}

/** While a command runs, another input takes the place of the run. */
export const interrupt: Situation = {
  name: 'interrupt',
  files: {},
  script: {
    steps: [
      { when: { last: 'INSTEAD' }, reply: { calls: [countingCall('instead')] } },
      { when: { tool }, reply: { text: 'It is over.' } },
      { when: {}, reply: { calls: [{ name: tool, arguments: { command: 'sleep 3' } }] } },
    ],
  },
  async play(player) {
    const session = await player.session()
    const run = await player.run(session, 'Take your time.', { key: 'first' })
    await untilCommand(player, session)
    const other = await player.run(session, 'Do this INSTEAD', { key: 'instead', delivery: 'interrupt' })
    for (const each of [run, other]) await player.ended(session, each)
  },
  problems: async (end) => (await effectProblems(end, { instead: 1 })).filter((problem) => !problem.includes('failed')),
}

function untilCommand(player: Player, session: string): Promise<unknown> {
  return player.until(session, (log) => log.find(({ type }) => type === 'tool.started'))
}
