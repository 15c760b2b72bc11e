import type { Table } from '../bench/report/table.js'
import { rise } from './slope.js'
import type { SoakOptions, SoakReport } from './soak.js'

/**
 * Resident memory swings by this much without a leak: the heap grows before it is collected, and the pages of the log
 * are cached. It is a bound on the whole rise however long the soak is, so a longer one finds smaller leaks: in a
 * minute 24 KiB a connect, in an hour with its sixty thousand connects 0.4 KiB.
 */
const riseBytesMax = 24 * 1_048_576
/** Our own requests' kept connection, and the log's files, which SQLite opens when it needs them. */
const descriptorsSlack = 4

interface Check {
  readonly what: string
  readonly measured: string
  readonly expected: string
  readonly isMet: boolean
}

export interface Verdict {
  readonly isMet: boolean
  readonly table: Table
  /** In words; empty when all is well. */
  readonly problems: readonly string[]
}

export function judge(report: SoakReport, options: SoakOptions): Verdict {
  const checks = [...checksOf(report, options), ...facts(report)]
  return {
    isMet: checks.every(({ isMet }) => isMet),
    table: {
      title: `Soak of ${options.durationMs / 60_000} min: ${options.sessions} sessions at once, ${options.connects} rude clients, ${options.stalled} that take nothing`,
      head: ['what', 'measured', 'expected', ''],
      rows: checks.map(({ what, measured, expected, isMet }) => [what, measured, expected, isMet ? 'ok' : 'FAILED']),
    },
    problems: [
      ...checks.filter(({ isMet }) => !isMet).map((check) => `${check.what}: ${check.measured}, not ${check.expected}`),
      ...report.tally.failures.slice(0, 10),
    ],
  }
}

function checksOf({ tally, ...report }: SoakReport, options: SoakOptions): Check[] {
  const grown = rise(report.resident)
  const descriptorsMax = report.before.descriptors + descriptorsSlack
  return [
    exactly('events lost', tally.lost, 0),
    exactly('events seen twice', tally.duplicates, 0),
    exactly('requests and runs that failed', tally.failures.length, 0),
    exactly('rude clients', tally.connects, options.connects),
    exactly('readers cut off for taking nothing', report.streamsStalled, options.stalled, 'at least'),
    exactly('streams left', report.streamsLeft, 0),
    exactly('sessions left open', report.sessionsOpen, 0),
    {
      what: 'descriptors left',
      measured: `${report.after.descriptors}`,
      expected: `at most ${descriptorsMax}`,
      isMet: report.after.descriptors <= descriptorsMax,
    },
    {
      what: 'rise of resident memory',
      measured: mebibytes(grown),
      expected: `at most ${mebibytes(riseBytesMax)}`,
      isMet: grown <= riseBytesMax,
    },
    exactly('exit code', report.exitCode ?? Number.NaN, 0),
  ]
}

/** Nothing is expected of these but that there are any. */
function facts({ tally, resident, loopDelays }: SoakReport): Check[] {
  const delays = loopDelays.toSorted((a, b) => a - b)
  const fact = (what: string, value: number, unit = '') => ({
    what,
    measured: `${Math.round(value)}${unit}`,
    expected: 'some',
    isMet: value > 0,
  })
  return [
    fact('events', tally.events),
    fact('deltas', tally.deltas),
    fact('runs', tally.runs),
    fact('reconnects', tally.reconnects),
    fact('resident memory at the end', (resident.at(-1)?.value ?? 0) / 1_048_576, ' MiB'),
    fact('event loop delay p99, median second', delays[Math.floor(delays.length / 2)] ?? 0, ' ms'),
    fact('event loop delay p99, worst second', delays.at(-1) ?? 0, ' ms'),
  ]
}

function exactly(what: string, value: number, wanted: number, how: 'exactly' | 'at least' = 'exactly'): Check {
  const isMet = how === 'exactly' ? value === wanted : value >= wanted
  return { what, measured: `${value}`, expected: how === 'exactly' ? `${wanted}` : `${how} ${wanted}`, isMet }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}
