import type { Situation } from '../situation.js'

const sayHello = 'Say hello.'

export const idle: Situation = {
  name: 'idle',
  files: {},
  script: { steps: [{ when: {}, reply: { text: 'Hello.' } }] },
  async play(player) {
    const session = await player.session()
    await player.api('PATCH', `/v1/sessions/${session}`, { title: 'A name' })
    await player.api('PATCH', `/v1/sessions/${session}`, { model: 'deepseek-v4-flash' })
    const end = await player.ended(session, await player.run(session, sayHello, { key: 'first' }))
    await player.once(session, 'session.forked', () =>
      player.api('POST', `/v1/sessions/${session}/fork`, { seq: end.seq }),
    )
    await player.once(session, 'session.reverted', () =>
      player.api('POST', `/v1/sessions/${session}/revert`, { seq: 1 }),
    )
    await player.until(session, (log) => log.find(({ type }) => type === 'session.restored'))
    await player.ended(session, await player.run(session, sayHello, { key: 'second' }))
  },
}
