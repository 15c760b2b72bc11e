import { expect, test } from 'vitest'
import { keySequence } from './keys.js'

test('names of what every object inherits are no keys', () => {
  for (const key of ['constructor', 'toString', '__proto__'])
    expect(() => keySequence(key)).toThrow('"keys" does not know')
  expect(keySequence('F12')).toBe('\x1b[24~')
})
