import type { Table } from '../report/table.js'
import type { Measured } from './edits-and-reads.js'
import type { Searched } from './grep.js'
import type { PathSearched } from './search-files.js'

/** Beyond the echo at the median; the ratio is a peer's time beyond the echo to ours. */
export function editsAndReadsTable(measured: readonly Measured[]): Table {
  const ours = (other: Measured) =>
    measured.find((one) => one.contestant === 'ours' && one.operation === other.operation && one.lines === other.lines)
  return {
    title: 'Edits and reads over stdio, milliseconds',
    head: ['operation', 'lines', 'server', 'p50', 'p99', 'echo p50', 'beyond echo', 'to ours'],
    rows: measured.map((one) => [
      one.operation,
      `${one.lines}`,
      one.contestant,
      ms(one.timing.p50),
      ms(one.timing.p99),
      ms(one.echo.p50),
      ms(beyondEcho(one)),
      ratio(beyondEcho(one), beyondEcho(ours(one) ?? one)),
    ]),
  }
}

function beyondEcho({ timing, echo }: Measured): number {
  return timing.p50 - echo.p50
}

export function grepTable(searched: readonly Searched[], corpus: { files: number; bytes: number }): Table {
  return {
    title: `grep_search through ${corpus.files} files, ${Math.round(corpus.bytes / 2 ** 20)} MiB, milliseconds`,
    head: ['search', 'ours p50', 'ours p99', 'ripgrep p50', 'ripgrep p99', 'ours to ripgrep'],
    rows: searched.map(({ what, ours, ripgrep }) => [
      what,
      ms(ours.p50),
      ms(ours.p99),
      ms(ripgrep.p50),
      ms(ripgrep.p99),
      ratio(ours.p50, ripgrep.p50),
    ]),
  }
}

export function pathSearchTable(searched: readonly PathSearched[], paths: number): Table {
  const ours = (other: PathSearched) =>
    searched.find(({ label, what }) => label === 'ours' && what === other.what) ?? other
  return {
    title: `Searches by name over ${paths} paths, milliseconds`,
    head: ['server', 'query', 'first', 'p50 warm', 'p99 warm', 'to ours'],
    rows: searched.map((one) => [
      one.label,
      one.what,
      one.firstMs === undefined ? '–' : ms(one.firstMs),
      ms(one.warm.p50),
      ms(one.warm.p99),
      ratio(one.warm.p50, ours(one).warm.p50),
    ]),
  }
}

function ms(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0)
}

function ratio(value: number, base: number): string {
  return base > 0 ? `${(value / base).toFixed(2)}×` : '–'
}
