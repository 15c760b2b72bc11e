import { expect, test } from 'vitest'
import { nearestNames } from './nearest-names.js'

const names = ['open_file', 'close_file', 'edit_file', 'run_command', 'web_search']

test('slips of the pen, case and separators find the name', () => {
  for (const wrong of ['open-file', 'OpenFile', 'open_flie', 'functions.open_file']) {
    expect(nearestNames(wrong, names)[0]).toBe('open_file')
  }
})

test('a shared word is near, and no more than three are offered', () => {
  expect(nearestNames('read_file', names)).toHaveLength(3)
  expect(nearestNames('search', names)).toEqual(['web_search'])
})

test('what is like nothing has no nearest name', () => {
  expect(nearestNames('teleport', names)).toEqual([])
  expect(nearestNames('', names)).toEqual([])
  expect(nearestNames('x'.repeat(100_000), names)).toEqual([])
})
