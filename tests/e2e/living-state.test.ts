import { expect, test } from 'vitest'
import { playSession, type Tally } from './living-state/session.js'

const deepVariable = 'AURORACODER_TEST_DEEP'
const seedVariable = 'AURORACODER_TEST_SEED'
const isDeep = process.env[deepVariable] === '1'
/** The same sessions each time in a plain run, others each time in a deep one. */
const seed = Number(process.env[seedVariable] ?? (isDeep ? Math.floor(Math.random() * 1e9) : 1))
const policies = ['append', 'refresh', 'auto'] as const
const steps = 30
const sessionsDeep = 500
/** Sessions are begun within this time. */
const budgetMs = 22_000

test(
  'at every model call the model can read the open files as they are on disk, whatever happens to them',
  async () => {
    const until = performance.now() + budgetMs
    const tallies: Tally[] = []
    const isEnough = () =>
      isDeep ? tallies.length >= sessionsDeep : tallies.length >= policies.length && performance.now() > until
    while (!isEnough()) {
      const index = tallies.length
      tallies.push(await playSession({ seed: seed + index, policy: policies[index % 3] ?? 'auto', steps }))
    }
    const sum = (key: Exclude<keyof Tally, 'broken'>) => tallies.reduce((total, tally) => total + tally[key], 0)
    const keys = ['calls', 'files', 'lines', 'epochs', 'drifts', 'kills', 'resumes', 'cancels', 'unread'] as const
    const counts = keys.map((key) => `${sum(key)} ${key}`).join(', ')
    console.log(`living state: seed ${seed}, ${tallies.length} sessions, ${counts}`)
    expect(tallies.flatMap(({ broken }) => broken)).toEqual([])
    expect(sum('files')).toBeGreaterThan(0)
    expect(sum('drifts')).toBeGreaterThan(0)
  },
  isDeep ? 60 * 60_000 : 60_000,
)
