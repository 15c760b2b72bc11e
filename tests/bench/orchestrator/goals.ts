import type { Table } from '../report/table.js'
import type { Measured } from './measure.js'

/** Below this a line through resident memory is level: pages come and go by the tens. */
const connectBytesMax = 256

export function goalsTable(our: Measured): Table {
  const goals: [what: string, measured: number, limit: number, unit: string][] = [
    ['added latency at many sessions, p95', our.manySessions.each.p95, 5, ' ms'],
    ['start until it listens, p50', our.start.readyMs.p50, 1_500, ' ms'],
    ['memory left by a connect', our.connectBytes, connectBytesMax, ' bytes'],
    ['events lost at cuts', our.resumed?.lost ?? Number.NaN, 0, ''],
    ['events doubled at cuts', our.resumed?.duplicates ?? Number.NaN, 0, ''],
    ['subscribers that missed something', our.subscribed.subscribers - our.subscribed.complete, 0, ''],
  ]
  return {
    title: 'Goals',
    head: ['what', 'measured', 'goal', ''],
    rows: goals.map(([what, measured, limit, unit]) => [
      what,
      `${measured.toFixed(unit === ' ms' ? 1 : 0)}${unit}`,
      `≤ ${limit}${unit}`,
      measured <= limit ? 'met' : 'MISSED',
    ]),
  }
}
