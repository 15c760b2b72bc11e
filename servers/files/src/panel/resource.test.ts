import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from '../tools/workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

test('the open files of a plain host are a resource, as they are now, which nobody counts as seen', async () => {
  expect(await bench.resource('panel://files')).toBe('No file is open.')
  await bench.put('a', 'one\ntwo\nthree\nfour\n')
  await bench.put('b', 'b\n')
  await bench.call('read_file', { paths: ['a'], lines: '2-3' })
  await bench.call('write_file', { path: 'c', content: 'c\n' })
  await bench.call('read_file', { paths: ['b'] }, { conversation: 'other' })
  await bench.put('a', 'zero\none\ntwo\nthree\nfour\n')
  const text = await bench.resource('panel://files')
  expect(text).toContain('--- a | 5 lines')
  expect(text).toContain('3\ttwo\n4\tthree')
  expect(text).not.toContain('four')
  expect(text).toContain('--- c | 1 line')
  expect(text).not.toContain('--- b')
  const refused = await bench.call('write_file', { path: 'a', content: 'mine\n' })
  expect(refused.text).toContain('has changed since you saw it')
})

test('a file that is closed or gone is no longer in it', async () => {
  for (const path of ['a', 'b', 'c']) {
    await bench.put(path, 'x\n')
    await bench.call('read_file', { paths: [path] })
  }
  await bench.call('close_file', { paths: ['a'] })
  await rm(join(bench.root, 'b'))
  const text = await bench.resource('panel://files')
  expect(text.match(/--- \w/g)).toEqual(['--- c'])
})
