import { expect, test } from 'vitest'
import { isDeep, seed as seedGiven } from '../deep.js'
import { tellPlayed } from '../played.js'
import { createWorld } from './histories/world.js'
import { createRandom } from './living-state/random.js'

const seed = seedGiven ?? 1
const sessions = isDeep ? 200_000 : 10_000
const movesMax = 12

test('whatever happens to a session, every request that it leads to is one that the strictest endpoint accepts', {
  tags: ['long'],
  timeout: 3_600_000,
}, async () => {
  const counts = new Map<string, number>()
  for (let played = 0; played < sessions; played += 1) {
    const random = createRandom(seed + played)
    const world = await createWorld(random)
    const moves = 1 + random.int(movesMax)
    for (let move = 0; move < moves; move += 1) await world.move()
    await world.settle()
    expect(world.problems, `AURORACODER_TEST_SEED=${seed + played}`).toEqual([])
    for (const [name, count] of world.counts) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  tellPlayed({
    seed,
    count: `${sessions} sessions, ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')}`,
  })
  for (const name of ['requests', 'compaction.finished', 'subagent.finished', 'continued', 'fork', 'revert']) {
    expect(counts.get(name) ?? 0, name).toBeGreaterThan(0)
  }
})
