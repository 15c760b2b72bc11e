import type { Table } from '../report/table.js'
import type { CommandMeasured } from './commands.js'
import { aloneLabel, ourLabel } from './contestants.js'
import type { Flooded } from './flood.js'
import type { Leftovers } from './leftovers.js'
import type { Verdicts } from './verdicts.js'

/** The ratio is of whole calls, the transport included: what a caller waits; to ours in the same order of calls. */
export function commandsTable(measured: readonly CommandMeasured[]): Table {
  const alone = aloneLabel(ourLabel)
  const isAlone = ({ contestant }: CommandMeasured) => contestant.endsWith(aloneLabel(''))
  const ours = (other: CommandMeasured) => {
    const label = isAlone(other) ? alone : ourLabel
    return measured.find((one) => one.contestant === label && one.command === other.command) ?? other
  }
  return {
    title: 'Commands over stdio, milliseconds',
    head: ['command', 'server', 'p50', 'p95', 'echo p50', 'beyond echo', 'p50 to ours', 'wrong answers'],
    rows: measured.map((one) => [
      one.command,
      one.contestant,
      ms(one.timing.p50),
      ms(one.timing.p95),
      ms(one.echo.p50),
      ms(one.timing.p50 - one.echo.p50),
      ratio(one.timing.p50, ours(one).timing.p50),
      `${one.wrong} of ${one.timing.samples}`,
    ]),
  }
}

export function floodTable(flooded: readonly Flooded[], megabytes: number): Table {
  return {
    title: `One command that prints ${megabytes} MB`,
    head: ['server', 'answered', 'seconds', 'characters answered', 'memory growth, MiB'],
    rows: flooded.map(({ contestant, answered, ms, chars, growth }) => [
      contestant,
      answered,
      seconds(ms),
      count(chars),
      growth === undefined ? '–' : mib(growth),
    ]),
  }
}

export function verdictsTable(verdicts: readonly Verdicts[]): Table {
  return {
    title: 'Said to wait for input',
    head: ['server', 'and does not (false)', 'and does (seen)'],
    rows: verdicts.map((one) => [
      one.contestant,
      `${one.falseClaims.length} of ${one.pretenders}`,
      `${one.seen.length} of ${one.waiters}`,
    ]),
  }
}

export function leftoversTable(leftovers: readonly Leftovers[]): Table {
  return {
    title: 'Processes left behind, 2 s after the server was gone',
    head: ['ended by', 'server', 'server gone after, s', 'left', 'which'],
    rows: leftovers.map(({ ending, contestant, endedMs, left, started }) => [
      ending,
      contestant,
      endedMs === undefined ? 'never' : seconds(endedMs),
      `${left.length} of ${started.length}`,
      left.length === 0 ? '–' : left.join(', '),
    ]),
  }
}

export interface ToolList {
  readonly contestant: string
  readonly tools: number
  readonly chars: number
}

export function toolListsTable(lists: readonly ToolList[]): Table {
  return {
    title: 'tools/list',
    head: ['server', 'tools', 'characters'],
    rows: lists.map(({ contestant, tools, chars }) => [contestant, `${tools}`, count(chars)]),
  }
}

export function ms(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0)
}

export function ratio(value: number, base: number): string {
  return base > 0 ? `${(value / base).toFixed(2)}×` : '–'
}

export function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

export function count(value: number): string {
  return value.toLocaleString('en')
}

function seconds(value: number): string {
  return (value / 1000).toFixed(2)
}
