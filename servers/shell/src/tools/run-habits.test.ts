import { expect, test } from 'vitest'
import { acceptRunHabits } from './run-habits.js'

test('fields that are named like what every object inherits stay as they are', () => {
  const raw = { cmd: 'ls', constructor: 1, toString: 2 }
  expect(Object.entries(acceptRunHabits(raw, () => {}))).toEqual([
    ['command', 'ls'],
    ['constructor', 1],
    ['toString', 2],
  ])
})
