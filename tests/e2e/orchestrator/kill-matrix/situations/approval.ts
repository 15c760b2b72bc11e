import type { Player } from '../player.js'
import type { Situation } from '../situation.js'
import { countingCall, effectProblems } from './shell.js'

/** One command that a person lets run, and one that they do not. */
export const approval: Situation = {
  name: 'approval',
  files: {},
  script: {
    steps: [
      { when: { last: 'declined' }, reply: { text: 'Then I leave it.' } },
      { when: { tool: 'run_terminal_command' }, reply: { calls: [countingCall('refused')] } },
      { when: {}, reply: { calls: [countingCall('allowed')] } },
    ],
  },
  async play(player) {
    const session = await player.session({ approvals: { rules: [{ tool: 'run_terminal_command', action: 'ask' }] } })
    const run = await player.run(session, 'Ask before you run.', { key: 'ask' })
    await answer(player, { session, nth: 0, answer: 'accept' })
    await answer(player, { session, nth: 1, answer: 'decline' })
    await player.ended(session, run)
  },
  problems: (end) => effectProblems(end, { allowed: 1 }),
}

interface Reply {
  session: string
  nth: number
  answer: string
}

async function answer(player: Player, { session, nth, answer }: Reply): Promise<void> {
  const id = await player.until(session, (log) => {
    const asked = log.filter((event) => event.type === 'approval.asked')
    return asked[nth]?.data.approvalId
  })
  await player.api('POST', `/v1/sessions/${session}/approvals/${id}`, { answer })
}
