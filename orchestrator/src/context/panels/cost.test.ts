import { expect, test } from 'vitest'
import { type EpochCase, epochReason } from './cost.js'

/** 1,000 tokens out of date before 10,000 that would be billed anew, in a large window. */
const usual: EpochCase = {
  staleTokens: 1_000,
  rebilledTokens: 10_000,
  expectedCalls: 10,
  hitPrice: 1,
  missPrice: 1,
  usedTokens: 20_000,
  contextTokens: 1_000_000,
}

test.each([
  // Going on costs 1,000 × 10 × 1 = 10,000; collapsing 10,000 × (miss − 1).
  ['1:1 always', { missPrice: 1 }, true],
  ['exactly as dear, not yet', { missPrice: 2 }, false],
  ['1.9:1 before it is as dear', { missPrice: 1.9 }, true],
  ['50:1 hardly', { missPrice: 50 }, false],
  // 1,000 × 500 = 500,000 against 10,000 × 49 = 490,000.
  ['50:1 for very many calls', { missPrice: 50, expectedCalls: 500 }, true],
  // 9,900 × 50 = 495,000 against 10,000 × 49.
  ['50:1 when nearly all is stale', { missPrice: 50, staleTokens: 9_900, expectedCalls: 50 }, true],
  ['50:1 when nothing after it was ever cached', { missPrice: 50, rebilledTokens: -500 }, true],
  ['never when cached tokens are free', { hitPrice: 0, missPrice: 1 }, false],
  ['never when nothing is stale', { staleTokens: 0, rebilledTokens: -500 }, false],
  ['never when collapsing would make it longer', { staleTokens: -1, rebilledTokens: -500 }, false],
])('an epoch pays at a price of %s', (_, change, pays) => {
  expect(epochReason({ ...usual, ...change }) !== undefined).toBe(pays)
})

const dear = { ...usual, missPrice: 50, rebilledTokens: 1e9 }

test('a share of the context window that is out of date is given back whatever it costs', () => {
  expect(epochReason({ ...dear, staleTokens: 100_000 })).toBeUndefined()
  expect(epochReason({ ...dear, staleTokens: 110_000 })).toMatch(/^11 % of the context window/)
})

test('a context window that is nearly full is given back what can be freed', () => {
  const full = { ...dear, usedTokens: 710_000 }
  expect(epochReason({ ...full, staleTokens: 20_000 })).toBeUndefined()
  expect(epochReason({ ...full, staleTokens: 21_000 })).toMatch(/^71 % .* was used/)
  expect(epochReason({ ...full, usedTokens: 700_000, staleTokens: 21_000 })).toBeUndefined()
})
