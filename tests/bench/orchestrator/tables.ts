import type { Table } from '../report/table.js'
import type { Measured, Sizes } from './measure.js'

interface Row {
  readonly what: string
  show(measured: Measured): string
  /** Smaller is better unless said otherwise; absent where a ratio says nothing. */
  readonly compare?: (measured: Measured) => number
  readonly moreIsBetter?: boolean
}

export function comparisonTable(measured: readonly Measured[], sizes: Sizes): Table {
  const [our, ...peers] = measured
  return {
    title: 'Headless agent servers on the same scripted model, p50 and in brackets p95',
    head: ['what', ...measured.map(({ contestant }) => contestant), ...peers.map(() => 'ours is better by')],
    rows: rowsOf(sizes).map(({ what, show, ...row }) => [
      what,
      ...measured.map(show),
      ...peers.map((peer) => (our ? ratio({ our, peer, row }) : '')),
    ]),
  }
}

interface Compared {
  our: Measured
  peer: Measured
  row: Pick<Row, 'compare' | 'moreIsBetter'>
}

function ratio({ our, peer, row: { compare, moreIsBetter } }: Compared): string {
  if (!compare) return ''
  const factor = moreIsBetter ? compare(our) / compare(peer) : compare(peer) / compare(our)
  return Number.isFinite(factor) && factor > 0 ? `${factor.toPrecision(2)} ×` : ''
}

function rowsOf({ sessions, subscribers, connects, stalled, cuts }: Sizes): Row[] {
  return [
    {
      what: 'start until it listens, ms',
      show: ({ start }) => spread(start.readyMs, 0),
      compare: ({ start }) => start.readyMs.p50,
    },
    {
      what: 'start until the first session is there, ms',
      show: ({ start }) => spread(start.firstSessionMs, 0),
      compare: ({ start }) => start.firstSessionMs.p50,
    },
    {
      what: "model's first delta to client, ms",
      show: ({ first }) => spread(first, 1),
      compare: ({ first }) => first.p95,
    },
    {
      what: 'each delta, one session, ms',
      show: ({ oneSession }) => spread(oneSession.each, 1),
      compare: ({ oneSession }) => oneSession.each.p95,
    },
    {
      what: `each delta, ${sessions} sessions, ms`,
      show: ({ manySessions }) => spread(manySessions.each, 1),
      compare: ({ manySessions }) => manySessions.each.p95,
    },
    {
      what: 'deltas a second, one session',
      show: ({ oneSession }) => whole(oneSession.perSecond),
      compare: ({ oneSession }) => oneSession.perSecond,
      moreIsBetter: true,
    },
    {
      what: `deltas a second, ${sessions} sessions`,
      show: ({ manySessions }) => whole(manySessions.perSecond),
      compare: ({ manySessions }) => manySessions.perSecond,
      moreIsBetter: true,
    },
    {
      what: 'deltas that did not come',
      show: ({ oneSession, manySessions }) => whole(oneSession.missing + manySessions.missing),
    },
    {
      what: `${subscribers} subscribers: saw everything`,
      show: ({ subscribed }) => `${subscribed.complete}`,
    },
    {
      what: `${subscribers} subscribers: the last delta to the last one, ms`,
      show: ({ subscribed }) => whole(subscribed.lastMs),
      compare: ({ subscribed }) => subscribed.lastMs,
    },
    {
      what: `${subscribers} subscribers: memory of each, KiB`,
      show: ({ subscribed }) => kibibytes(subscribed.bytesEach),
      compare: ({ subscribed }) => subscribed.bytesEach,
    },
    {
      what: 'memory of an idle session, KiB',
      show: (measured) => kibibytes(measured.idleSessionBytes),
      compare: (measured) => measured.idleSessionBytes,
    },
    {
      what: `memory left by each of ${connects} connects, KiB`,
      show: (measured) => kibibytes(measured.connectBytes),
    },
    {
      what: `${stalled} readers that take nothing of 4 MB, MiB`,
      show: (measured) => kibibytes(measured.stalledBytes / 1_024),
      compare: (measured) => measured.stalledBytes,
    },
    {
      what: `lost and doubled events over ${cuts} cuts`,
      show: ({ resumed }) => (resumed ? `${resumed.lost} and ${resumed.duplicates}` : 'no replay'),
    },
  ]
}

function spread({ p50, p95 }: { p50: number; p95: number }, digits: number): string {
  return `${p50.toFixed(digits)} (${p95.toFixed(digits)})`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function kibibytes(bytes: number): string {
  return (bytes / 1_024).toFixed(1)
}
