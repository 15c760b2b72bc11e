import { randomInt } from 'node:crypto'
import { describe, it } from 'vitest'
import { isDeep, seed as seedGiven } from '../../deep.js'
import { tellPlayed } from '../../played.js'
import { playCase } from './kill-matrix/case.js'
import { killPoints, sample } from './kill-matrix/points.js'
import { situations } from './kill-matrix/situations.js'

/** Of one situation, when not all are. */
const killsSampled = 1
/** Each starts two services, one after the other, and waits for them for most of its time. */
const casesAtOnce = 3
const seed = seedGiven ?? randomInt(2 ** 31)
/** Plays one point alone, such as `before:tool.started:1`. */
const onlyPoint = process.env.AURORACODER_TEST_KILL

describe('a service that is killed right before or after an append goes on without loss', { tags: ['long'] }, () => {
  it.concurrent.for(situations)('$name', async (situation, { task, expect }) => {
    const whole = await inTurn(() => playCase(situation))
    expect(whole.problems, `${situation.name}, without a kill`).toEqual([])
    const points = killPoints(whole.appends)
    const chosen = onlyPoint ? [onlyPoint] : isDeep ? points : sample(points, { count: killsSampled, seed })
    tellPlayed({ seed, count: `${chosen.length} of ${points.length} kills` }, task)

    const failures = await Promise.all(
      chosen.map(async (point) => {
        const { problems } = await inTurn(() => playCase(situation, point))
        return problems.map((problem) => `${situation.name}, killed ${point}: ${problem}`)
      }),
    )
    expect(failures.flat()).toEqual([])
  })
})

const waiting: (() => void)[] = []
let playing = 0

async function inTurn<Result>(play: () => Promise<Result>): Promise<Result> {
  if (playing === casesAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else playing += 1
  try {
    return await play()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else playing -= 1
  }
}
