import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isDeep, seed as seedGiven } from '../../deep.js'
import { tellPlayed } from '../../played.js'
import { playCase } from './kill-matrix/case.js'
import { killPoints, sample } from './kill-matrix/points.js'
import { situations } from './kill-matrix/situations.js'

/** Of one situation, when not all are. */
const killsSampled = 2
/** Each starts two services, one after the other, and waits for them for most of its time. */
const casesAtOnce = 3
const seed = seedGiven ?? randomInt(2 ** 31)
/** Plays one point alone, such as `before:tool.started:1`. */
const onlyPoint = process.env.AURORACODER_TEST_KILL

describe('a service that is killed right before or after an append goes on without loss', { tags: ['long'] }, () => {
  it.each(situations.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
    const whole = await playCase(situation)
    expect(whole.problems, `${name}, without a kill`).toEqual([])
    const points = killPoints(whole.appends)
    const chosen = onlyPoint ? [onlyPoint] : isDeep ? points : sample(points, { count: killsSampled, seed })
    tellPlayed({ seed, count: `${chosen.length} of ${points.length} kills` })

    const failures: string[] = []
    await eachOf(chosen, async (point) => {
      const { problems } = await playCase(situation, point)
      failures.push(...problems.map((problem) => `${name}, killed ${point}: ${problem}`))
    })
    expect(failures).toEqual([])
  })
})

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: casesAtOnce }, worker))
}
