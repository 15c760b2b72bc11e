import { expect, test } from 'vitest'
import { isDeep, seed as seedGiven } from '../deep.js'
import { tellPlayed } from '../played.js'
import { playSession, type Tally } from './living-state/session.js'

/** Without another one, the same sessions each time. */
const seed = seedGiven ?? 1
const policies = ['append', 'refresh', 'auto'] as const
const steps = 30
const sessionsDeep = 500
/** Sessions wait for processes and for the disk most of their time. */
const sessionsAtOnce = 2
/** Sessions are begun within this time. */
const budgetMs = 22_000

test('at every model call the model can read the open files as they are on disk, whatever happens to them', {
  tags: ['long'],
}, async () => {
  const until = performance.now() + budgetMs
  const tallies: Tally[] = []
  let begun = 0
  const isEnough = () => (isDeep ? begun >= sessionsDeep : begun >= policies.length && performance.now() > until)
  const playOneByOne = async (): Promise<void> => {
    while (!isEnough()) {
      const sessionSeed = seed + begun++
      // Everything about a session depends on its seed, so that it can be played again as the first one.
      const policy = policies[sessionSeed % policies.length] ?? 'auto'
      tallies.push(await playSession({ seed: sessionSeed, policy, steps }))
      if (isDeep && tallies.length % 50 === 0) console.log(`${tallies.length} sessions played`)
    }
  }
  await Promise.all(Array.from({ length: sessionsAtOnce }, playOneByOne))
  const sum = (key: Exclude<keyof Tally, 'broken'>) => tallies.reduce((total, tally) => total + tally[key], 0)
  const keys = [
    'calls',
    'files',
    'lines',
    'epochs',
    'compactions',
    'drifts',
    'kills',
    'resumes',
    'cancels',
    'unread',
  ] as const
  const counts = keys.map((key) => `${sum(key)} ${key}`).join(', ')
  tellPlayed({ seed, count: `${tallies.length} sessions, ${counts}` })
  expect(tallies.flatMap(({ broken }) => broken)).toEqual([])
  expect(sum('files')).toBeGreaterThan(0)
  expect(sum('drifts')).toBeGreaterThan(0)
})
