import { expect, test } from 'vitest'
import { goalsTable, type ShellResult } from './goals.js'

const timing = (p50: number) => ({ p50, p95: p50, p99: p50, samples: 1 })
const measured = (contestant: string, p50: number, wrong = 0) => ({
  command: ':',
  contestant,
  timing: timing(p50),
  echo: timing(1),
  wrong,
})
const nothing: ShellResult = { commands: [], flood: [], verdicts: [], leftovers: [], toolLists: [] }

function reached(result: Partial<ShellResult>) {
  const { rows } = goalsTable({ ...nothing, ...result })
  return Object.fromEntries(rows.map(([what = '', ...cells]) => [what, cells]))
}

test('what was not measured is neither reached nor missed', () => {
  for (const [, found, isReached] of Object.values(reached({}))) expect([found, isReached]).toEqual(['–', '–'])
})

test('times and their ratio are those of the empty command', () => {
  const commands = [
    measured('ours', 2.5),
    measured('ours, alone', 2),
    measured('desktop-commander', 50),
    measured('desktop-commander, alone', 38),
  ]
  const other = { ...measured('ours', 0.1), command: '/bin/true' }
  expect(reached({ commands: [other, ...commands] })).toMatchObject({
    'p50 of ":", in turns': ['≤ 2.00 ms', '2.50 ms', 'no'],
    'p50 of ":", alone': ['≤ 2.00 ms', '2.00 ms', 'yes'],
    'p50 of ":", desktop-commander to ours, in turns': ['≥ 20.00×', '20.00×', 'yes'],
    'p50 of ":", desktop-commander to ours, each alone': ['≥ 20.00×', '19.00×', 'no'],
    'wrong answers': ['≤ 0', '0', 'yes'],
  })
})

test('every run of ours counts, and nobody else', () => {
  const flood = [
    { contestant: 'other', ms: 1, answered: 'none', chars: 0, growth: 1 },
    { contestant: 'ours', ms: 1, answered: 'at the end', chars: 9, growth: 64 * 2 ** 20 },
  ] as const
  const ended = { started: ['&', 'setsid'], endedMs: 1 }
  const leftovers = [
    { contestant: 'ours', ending: 'SIGTERM', left: [], ...ended },
    { contestant: 'ours', ending: 'end of stdin', left: ['&'], ...ended },
    { contestant: 'other', ending: 'SIGTERM', left: ['&', 'setsid'], ...ended },
  ] as const
  const commands = [measured('ours', 1), measured('ours, alone', 1, 2), measured('other', 1, 5)]
  const verdicts = [{ contestant: 'ours', falseClaims: [], pretenders: 20, seen: [], waiters: 5 }]
  const toolLists = [{ contestant: 'ours', tools: 6, chars: 8_001 }]
  expect(reached({ commands, flood, leftovers, verdicts, toolLists })).toMatchObject({
    'wrong answers': ['≤ 0', '2', 'no'],
    'memory growth by the large output': ['< 64.0 MiB', '64.0 MiB', 'no'],
    'false verdicts of waiting': ['≤ 0', '0', 'yes'],
    'processes left behind': ['≤ 0', '1', 'no'],
    'characters of tools/list': ['≤ 8,000', '8,001', 'no'],
  })
})
