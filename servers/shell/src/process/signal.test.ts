import { expect, test } from 'vitest'
import { signalGroup } from './signal.js'
import { readStat } from './stat.js'

test('neither our own process group nor everybody can be signalled', () => {
  const own = readStat(process.pid)?.group ?? 0
  expect([own, 0, 1, -1, Number.NaN].map((group) => signalGroup(group, 'SIGINT'))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})
