import type { Table } from '../report/table.js'
import { type CommandMeasured, emptyCommand } from './commands.js'
import { aloneLabel, commanderLabel, ourLabel } from './contestants.js'
import type { Flooded } from './flood.js'
import type { Leftovers } from './leftovers.js'
import { count, mib, ms, ratio, type ToolList } from './tables.js'
import type { Verdicts } from './verdicts.js'

export interface ShellResult {
  readonly commands: readonly CommandMeasured[]
  readonly flood: readonly Flooded[]
  readonly verdicts: readonly Verdicts[]
  readonly leftovers: readonly Leftovers[]
  readonly toolLists: readonly ToolList[]
}

interface Goal {
  readonly what: string
  readonly limit: number
  readonly sign: keyof typeof signs
  /** `undefined` where it was not measured. */
  readonly measured: number | undefined
  show(value: number): string
}

const signs = {
  '≤': (measured: number, limit: number) => measured <= limit,
  '<': (measured: number, limit: number) => measured < limit,
  '≥': (measured: number, limit: number) => measured >= limit,
}

/** What ours is meant to reach, beside what it has. */
export function goalsTable(result: ShellResult): Table {
  return { title: 'Goals of ours', head: ['', 'goal', 'measured', 'reached'], rows: goalsOf(result).map(rowOf) }
}

function rowOf({ what, limit, sign, measured, show }: Goal): string[] {
  const goal = `${sign} ${show(limit)}`
  if (measured === undefined) return [what, goal, '–', '–']
  return [what, goal, show(measured), signs[sign](measured, limit) ? 'yes' : 'no']
}

function goalsOf(result: ShellResult): Goal[] {
  const { commands, flood, verdicts, leftovers, toolLists } = result
  const inTurns = emptyP50(commands, ourLabel)
  const alone = emptyP50(commands, aloneLabel(ourLabel))
  const quick = { sign: '≤', limit: 2, show: (value: number) => `${ms(value)} ms` } as const
  const manifold = { sign: '≥', limit: 20, show: (value: number) => ratio(value, 1) } as const
  const none = { sign: '≤', limit: 0, show: count } as const
  return [
    { what: 'p50 of ":", in turns', measured: inTurns, ...quick },
    { what: 'p50 of ":", alone', measured: alone, ...quick },
    {
      what: 'p50 of ":", desktop-commander to ours, in turns',
      measured: quotient(emptyP50(commands, commanderLabel), inTurns),
      ...manifold,
    },
    {
      what: 'p50 of ":", desktop-commander to ours, each alone',
      measured: quotient(emptyP50(commands, aloneLabel(commanderLabel)), alone),
      ...manifold,
    },
    { what: 'wrong answers', measured: sum(commands.filter(isOurs).map(({ wrong }) => wrong)), ...none },
    {
      what: 'memory growth by the large output',
      measured: flood.find(isOurs)?.growth,
      sign: '<',
      limit: 64 * 2 ** 20,
      show: (value) => `${mib(value)} MiB`,
    },
    { what: 'false verdicts of waiting', measured: verdicts.find(isOurs)?.falseClaims.length, ...none },
    { what: 'processes left behind', measured: sum(leftovers.filter(isOurs).map(({ left }) => left.length)), ...none },
    {
      what: 'characters of tools/list',
      measured: toolLists.find(isOurs)?.chars,
      sign: '≤',
      limit: 8_000,
      show: count,
    },
  ]
}

function emptyP50(commands: readonly CommandMeasured[], label: string): number | undefined {
  return commands.find(({ contestant, command }) => contestant === label && command === emptyCommand.title)?.timing.p50
}

function quotient(value: number | undefined, by: number | undefined): number | undefined {
  return value && by ? value / by : undefined
}

function isOurs({ contestant }: { contestant: string }): boolean {
  return contestant === ourLabel || contestant === aloneLabel(ourLabel)
}

/** Of nothing, nothing is known. */
function sum(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((total, each) => total + each, 0)
}
