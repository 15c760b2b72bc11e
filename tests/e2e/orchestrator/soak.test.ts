import { expect, it } from 'vitest'
import { isDeep } from '../../deep.js'
import { soakFor } from '../../soak/main.js'

const durationMs = isDeep ? 10 * 60_000 : 20_000

it(`serves a hundred sessions, rude clients and silent readers for ${durationMs / 1_000} s, and holds nothing afterwards`, {
  timeout: durationMs + 240_000,
  tags: ['long'],
}, async () => {
  const { verdict } = await soakFor(durationMs, { seed: '1', say: () => {} })
  expect(verdict.problems).toEqual([])
  expect(verdict.isMet).toBe(true)
})
