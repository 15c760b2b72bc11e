import type { Table } from '../report/table.js'
import type { Timing } from '../speed/sample.js'
import type { Crowd } from './crowd.js'
import type { Carried } from './egress.js'
import type { RoundTrips, Started } from './starts.js'

export interface SandboxResult {
  started: Started
  trips: RoundTrips
  carried: Carried
  crowd: Crowd
}

export function resultTable({ started, trips, carried, crowd }: SandboxResult, count: number): Table {
  const { speed, request } = carried
  return {
    title: 'The sandbox, p50 (p95)',
    head: ['', 'container', 'without'],
    rows: [
      ['start until it runs', timing(started.running), ''],
      ['start to first answer of a tool', timing(started.answered), timing(started.local)],
      ['MCP round trip', timing(trips.inside), timing(trips.child)],
      ['one small request over HTTP', timing(request.broker), timing(request.direct)],
      ['download', `${megabytes(speed.broker)} MB/s`, `${megabytes(speed.direct)} MB/s`],
      [`${count} at once until each has answered`, `${(crowd.answeredMs / 1_000).toFixed(1)} s`, ''],
      ['memory of an idle one', `${Math.round(crowd.idleBytes.p50 / 1024 ** 2)} MiB`, ''],
      [`sweep of ${count}`, `${(crowd.sweptMs / 1_000).toFixed(1)} s`, ''],
    ],
  }
}

export const answerMsMax = 500
export const roundTripRatioMax = 4

export function goalsTable({ started, trips }: Pick<SandboxResult, 'started' | 'trips'>): Table {
  const ratio = trips.inside.p50 / trips.child.p50
  return {
    title: 'Goals',
    head: ['', 'measured', 'goal', ''],
    rows: [
      [
        'start to first answer, p50',
        `${Math.round(started.answered.p50)} ms`,
        `≤ ${answerMsMax} ms`,
        verdict(started.answered.p50 <= answerMsMax),
      ],
      [
        'round trip, of that of a child',
        `${ratio.toFixed(1)} ×`,
        `≤ ${roundTripRatioMax} ×`,
        verdict(ratio <= roundTripRatioMax),
      ],
    ],
  }
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED'
}

function timing({ p50, p95 }: Timing): string {
  const digits = p50 < 10 ? 2 : 0
  return `${p50.toFixed(digits)} (${p95.toFixed(digits)}) ms`
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
