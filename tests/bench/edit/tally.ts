import type { Table } from '../report/table.js'
import type { Contestant } from './contestants.js'
import type { Row } from './row.js'
import type { Outcome, Verdict } from './run-case.js'

export interface Cell extends Record<Verdict, number> {
  /** Of the refused ones, those whose answer did not say so. */
  silent: number
}

/** Cells by row and contestant. */
export interface Tally {
  count(row: Row, contestant: Contestant, outcome: Outcome): void
  cell(row: Row, contestant: Contestant): Readonly<Cell>
}

export function createTally(): Tally {
  const cells = new Map<string, Cell>()
  const cellOf = (row: Row, { label }: Contestant) => {
    const key = `${row.id} ${label}`
    const cell = cells.get(key) ?? { correct: 0, refused: 0, wrong: 0, silent: 0 }
    cells.set(key, cell)
    return cell
  }
  return {
    count(row, contestant, { verdict, isSilent }) {
      const cell = cellOf(row, contestant)
      cell[verdict] += 1
      if (isSilent) cell.silent += 1
    },
    cell: cellOf,
  }
}

interface Shown {
  rows: readonly Row[]
  contestants: readonly Contestant[]
  tally: Tally
}

export function editTable({ rows, contestants, tally }: Shown): Table {
  return {
    title: 'Edits: correct / refused / WRONG bytes',
    head: ['row', ...contestants.map(({ label }) => label)],
    rows: rows.map((row) => [
      `${row.id} ${row.title}${row.mustRefuse ? ' (must refuse)' : ''}`,
      ...contestants.map((contestant) => asText(tally.cell(row, contestant))),
    ]),
  }
}

function asText(cell: Readonly<Cell>): string {
  return casesOf(cell) === 0 ? '–' : `${cell.correct} / ${cell.refused} / ${cell.wrong}`
}

/** What the rows come to, a share of the cases each. */
export function summaryTable(shown: Shown): Table {
  const summaries = shown.contestants.map((contestant) => summaryOf(shown, contestant))
  return {
    title: 'Over all rows',
    head: ['', ...shown.contestants.map(({ label }) => label)],
    rows: [
      ['correct where it must succeed', ...summaries.map(({ correct }) => percent(correct))],
      ['the worst such row', ...summaries.map(({ worstRow, worst }) => `${worstRow} ${percent(worst)}`)],
      ['refused where it must be', ...summaries.map(({ refused }) => percent(refused))],
      ['wrong bytes', ...summaries.map(({ wrong }) => percent(wrong))],
    ],
  }
}

export interface Summary {
  correct: number
  worstRow: string
  worst: number
  refused: number
  wrong: number
}

export function summaryOf({ rows, tally }: Shown, contestant: Contestant): Summary {
  const played = rows.map((row) => ({ row, cell: tally.cell(row, contestant) })).filter(({ cell }) => casesOf(cell) > 0)
  const succeed = played.filter(({ row }) => !row.mustRefuse)
  const refuse = played.filter(({ row }) => row.mustRefuse)
  const rated = succeed.map(({ row, cell }) => ({ row, share: cell.correct / casesOf(cell) }))
  const worst = rated.reduce((least, next) => (next.share < least.share ? next : least), { row: { id: '' }, share: 1 })
  return {
    correct: share(succeed, 'correct'),
    worstRow: worst.row.id,
    worst: worst.share,
    refused: share(refuse, 'refused'),
    wrong: share(played, 'wrong'),
  }
}

function share(played: readonly { cell: Readonly<Cell> }[], verdict: Verdict): number {
  const total = played.reduce((sum, { cell }) => sum + casesOf(cell), 0)
  return total === 0 ? Number.NaN : played.reduce((sum, { cell }) => sum + cell[verdict], 0) / total
}

export function casesOf({ correct, refused, wrong }: Readonly<Cell>): number {
  return correct + refused + wrong
}

function percent(value: number): string {
  return Number.isNaN(value) ? '–' : `${(100 * value).toFixed(2)} %`
}
