import { expect, test } from 'vitest'
import type { SoakReport } from './soak.js'
import { createTally } from './tally.js'
import { judge } from './verdict.js'

const options = { durationMs: 60_000, sessions: 2, connects: 10, stalled: 3, seed: '1', say: () => {} }
const mebibyte = 1_048_576

function report(change: Partial<SoakReport> = {}): SoakReport {
  return {
    tally: { ...createTally(), events: 5, deltas: 5, runs: 1, reconnects: 3, connects: 10 },
    resident: [200, 201, 200].map((value, index) => ({ atMs: index * 1_000, value: value * mebibyte })),
    loopDelays: [12, 11],
    before: { residentBytes: 1, descriptors: 20 },
    after: { residentBytes: 1, descriptors: 21 },
    streamsLeft: 0,
    streamsStalled: 3,
    sessionsOpen: 0,
    exitCode: 0,
    ...change,
  }
}

test('a soak in which nothing was lost, doubled or left is met', () => {
  expect(judge(report(), options)).toMatchObject({ isMet: true, problems: [] })
})

test.each<[string, Partial<SoakReport>]>([
  ['an event was lost', { tally: { ...report().tally, lost: 1 } }],
  ['an event came twice', { tally: { ...report().tally, duplicates: 1 } }],
  ['a request failed', { tally: { ...report().tally, failures: ['A run: x'] } }],
  ['nothing streamed', { tally: { ...report().tally, deltas: 0 } }],
  ['a stream is left', { streamsLeft: 1 }],
  ['the streams could not be counted', { streamsLeft: Number.NaN }],
  ['a reader that took nothing was kept', { streamsStalled: 2 }],
  ['a lease is left', { sessionsOpen: 1 }],
  ['descriptors are left', { after: { residentBytes: 1, descriptors: 40 } }],
  ['memory rises', { resident: [1, 20, 40, 60].map((value, atMs) => ({ atMs, value: value * mebibyte })) }],
  ['the service did not end well', { exitCode: 1 }],
])('it is not met when %s', (_, change) => {
  const verdict = judge(report(change), options)
  expect(verdict.isMet).toBe(false)
  expect(verdict.problems).not.toEqual([])
})
