import { type Benchmark, type World, wholeNumber } from '../benchmark.js'
import { aloneNote } from '../mcp/peers.js'
import { startEcho } from '../speed/echo.js'
import type { Sampling } from '../speed/sample.js'
import { type CommandMeasured, measureAlone, measureInTurns } from './commands.js'
import { commanderLabel, ourLabel, type ShellContestant, withContestants } from './contestants.js'
import { type Flooded, measureFlood } from './flood.js'
import { goalsTable } from './goals.js'
import { countLeftovers, endingNames, type Leftovers } from './leftovers.js'
import { canListProcesses } from './processes.js'
import { commandsTable, floodTable, leftoversTable, type ToolList, toolListsTable, verdictsTable } from './tables.js'
import { judgePrompts, type Verdicts } from './verdicts.js'

const warmUp = 5
/** A server that is called again and again has compiled what it needs; and more rounds, which take less time alone. */
const alone = { warmUp: 50, roundsFactor: 3 }

export const shellBenchmark: Benchmark = {
  name: 'shell',
  summary: 'commands over stdio against other servers: time, large output, questions, what is left behind',
  options: {
    rounds: 'NUMBER  of each command in turns, three times as many alone (60)',
    megabytes: 'NUMBER  that one command prints (100)',
  },
  async run({ options, world }) {
    const rounds = wholeNumber(options, { name: 'rounds', fallback: 60 })
    const megabytes = wholeNumber(options, { name: 'megabytes', fallback: 100 })
    const commands = [
      ...(await timeCommands(world, measureInTurns, { rounds, warmUp })),
      ...(await timeCommands(world, measureAlone, { rounds: rounds * alone.roundsFactor, warmUp: alone.warmUp })),
    ]
    const flood = await printMuch(world, megabytes)
    const { verdicts, toolLists } = await askAbout(world)
    const leftovers = canListProcesses ? await endServers(world) : []
    const result = { commands, flood, verdicts, leftovers, toolLists }
    return {
      options: { rounds, megabytes },
      tables: [
        commandsTable(commands),
        floodTable(flood, megabytes),
        verdictsTable(verdicts),
        ...(canListProcesses ? [leftoversTable(leftovers)] : []),
        toolListsTable(toolLists),
        goalsTable(result),
      ],
      notes: [
        ...falseClaimsNotes(verdicts),
        ...(canListProcesses ? [] : ['There is no /proc: what servers leave behind was not counted.']),
        ...(toolLists.some(({ contestant }) => contestant === commanderLabel) ? [] : [aloneNote(world)]),
      ],
      result,
    }
  },
}

/** By their texts ours can be put right; a peer's are in the result file. */
function falseClaimsNotes(verdicts: readonly Verdicts[]): string[] {
  const texts = verdicts.find(({ contestant }) => contestant === ourLabel)?.falseClaims ?? []
  return texts.length === 0 ? [] : [`Ours said falsely that these wait: ${JSON.stringify(texts)}`]
}

function timeCommands(world: World, measure: typeof measureAlone, sampling: Sampling): Promise<CommandMeasured[]> {
  return withContestants({ world, part: measure.name }, async (contestants) => {
    world.say(`${sampling.rounds} rounds of commands, ${measure === measureAlone ? 'each server alone' : 'in turns'}`)
    const echo = await startEcho(world.scratch)
    try {
      return await measure({ contestants, echo, sampling })
    } finally {
      await echo.close()
    }
  })
}

function printMuch(world: World, megabytes: number): Promise<Flooded[]> {
  return withContestants({ world, part: 'flood' }, (contestants) => {
    world.say(`Commands that print ${megabytes} MB`)
    return measureFlood(contestants, megabytes * 1_000_000)
  })
}

function askAbout(world: World): Promise<{ verdicts: Verdicts[]; toolLists: ToolList[] }> {
  return withContestants({ world, part: 'prompts' }, async (contestants) => {
    world.say('Commands that ask, and that only seem to')
    const verdicts: Verdicts[] = []
    for (const contestant of contestants) verdicts.push(await judgePrompts(contestant))
    return { verdicts, toolLists: await Promise.all(contestants.map(toolListOf)) }
  })
}

async function toolListOf({ label, server }: ShellContestant): Promise<ToolList> {
  return { contestant: label, tools: (await server.toolNames()).length, chars: await server.toolListChars() }
}

async function endServers(world: World): Promise<Leftovers[]> {
  const leftovers: Leftovers[] = []
  for (const ending of endingNames) {
    world.say(`Servers ended by ${ending}`)
    await withContestants({ world, part: `left-${ending}` }, async (contestants) => {
      for (const contestant of contestants) leftovers.push(await countLeftovers(contestant, { ending }))
    })
  }
  return leftovers
}
