import { type Benchmark, wholeNumber } from '../benchmark.js'
import { openArena } from './arena.js'
import { measureCrowd } from './crowd.js'
import { measureEgress } from './egress.js'
import { measureRoundTrips, measureStarts } from './starts.js'
import { goalsTable, resultTable } from './tables.js'

const requests = 20
const mebibytes = 256

export const sandboxBenchmark: Benchmark = {
  name: 'sandbox',
  summary: 'how long a container takes to start and to answer, what leaves it how fast, and what ten of them take',
  options: {
    starts: 'NUMBER  of sandboxes that are started one after the other (10)',
    rounds: 'NUMBER  of round trips (500)',
    crowd: 'NUMBER  of sandboxes at once (10)',
  },
  async run({ options, world }) {
    const starts = wholeNumber(options, { name: 'starts', fallback: 10 })
    const rounds = wholeNumber(options, { name: 'rounds', fallback: 500 })
    const count = wholeNumber(options, { name: 'crowd', fallback: 10 })
    const arena = await openArena(world)
    world.say('Starts')
    const started = await measureStarts(arena, starts)
    world.say('Round trips')
    const trips = await measureRoundTrips(arena, rounds)
    world.say('Egress')
    const carried = await measureEgress(world, { mebibytes, requests })
    world.say(`${count} at once`)
    const crowd = await measureCrowd(world, count)
    const result = { started, trips, carried, crowd }
    return {
      options: { starts, rounds, crowd: count },
      tables: [resultTable(result, count), goalsTable(result)],
      notes: [],
      result,
    }
  },
}
