import { type Benchmark, type World, wholeNumber } from '../benchmark.js'
import { aloneNote } from '../mcp/peers.js'
import { createRandom } from '../random.js'
import type { Contestant } from './agent-server.js'
import { goalsTable } from './goals.js'
import { type Measured, measure, type Sizes } from './measure.js'
import { opencode, opencodeProgram } from './opencode.js'
import { ours } from './ours.js'
import { startStampingModel } from './stamping-model.js'
import { comparisonTable } from './tables.js'

const whole: Sizes = {
  starts: 5,
  runs: 40,
  sessions: 100,
  subscribers: 1_000,
  connects: 10_000,
  stalled: 50,
  cuts: 1_000,
}
const optionNames = ['starts', 'runs', 'sessions', 'subscribers', 'connects', 'stalled', 'cuts'] as const

export const orchestratorBenchmark: Benchmark = {
  name: 'orchestrator',
  summary: 'event streams against another agent server: latency, throughput, memory, start, cuts',
  options: {
    starts: `NUMBER  of cold starts (${whole.starts})`,
    runs: `NUMBER  for the time to the first delta (${whole.runs})`,
    sessions: `NUMBER  that stream at once, and that lie idle (${whole.sessions})`,
    subscribers: `NUMBER  of one session (${whole.subscribers})`,
    connects: `NUMBER  of clients that come and go (${whole.connects})`,
    stalled: `NUMBER  of readers that take nothing (${whole.stalled})`,
    cuts: `NUMBER  of one stream (${whole.cuts})`,
    only: 'ours|peer  runs one of them alone',
  },
  async run({ options, seed, world }) {
    const sizes = { ...whole }
    for (const name of optionNames) sizes[name] = wholeNumber(options, { name, fallback: whole[name] })
    const program = opencodeProgram(world)
    const only = options.only?.at(-1)
    const contestants: Contestant[] = [
      ...(only === 'peer' ? [] : [ours]),
      ...(program && only !== 'ours' ? [opencode(program)] : []),
    ]
    const measured = await measureAll(world, { contestants, sizes, seed })
    const our = measured.find(({ contestant }) => contestant === ours.label)
    return {
      options: sizes,
      tables: [comparisonTable(measured, sizes), ...(our ? [goalsTable(our)] : [])],
      notes: program ? [] : [aloneNote(world)],
      result: { measured },
    }
  },
}

interface All {
  readonly contestants: readonly Contestant[]
  readonly sizes: Sizes
  readonly seed: string
}

async function measureAll(world: World, { contestants, sizes, seed }: All): Promise<Measured[]> {
  const model = await startStampingModel()
  try {
    const measured: Measured[] = []
    for (const contestant of contestants) {
      const random = createRandom(`${seed} ${contestant.label}`)
      const { scratch: folder, say } = world
      measured.push(await measure({ contestant, folder, modelUrl: model.url, sizes, random, say }))
    }
    return measured
  } finally {
    await model.stop()
  }
}
