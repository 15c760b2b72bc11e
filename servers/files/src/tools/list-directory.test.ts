import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

describe('a directory', () => {
  test('is listed with kinds and sizes, directories first', async () => {
    await bench.put('b.txt', 'x'.repeat(2_500))
    await bench.put('a.txt', '')
    await bench.put('src/deep/c.ts', 'c')
    await symlink('b.txt', join(bench.root, 'link'))
    await symlink('gone', join(bench.root, 'broken'))
    const answer = await bench.call('list_directory', {})
    expect(answer.text).toBe(
      [
        './',
        '  src/ …',
        '  a.txt  0 B',
        '  b.txt  2.5 kB',
        '  broken -> gone (broken symlink)',
        '  link -> b.txt',
      ].join('\n'),
    )
    expect((await bench.call('list_directory', { depth: 3 })).text).toContain('  src/\n    deep/\n      c.ts  1 B')
    expect((await bench.call('list_directory', { path: 'src' })).text).toBe('src/\n  deep/ …')
  })

  test('leaves out what .gitignore names, nested files included, and says how much', async () => {
    await bench.put('.gitignore', '*.log\nbuild/\n!keep.log\n/only-top\n')
    await bench.put('a.log', '')
    await bench.put('keep.log', '')
    await bench.put('build/out', '')
    await bench.put('only-top', '')
    await bench.put('sub/only-top', '')
    await bench.put('sub/.gitignore', 'local\n!b.log\n')
    await bench.put('sub/local', '')
    await bench.put('sub/b.log', '')
    await bench.put('.git/HEAD', '')
    const { text } = await bench.call('list_directory', { depth: 2 })
    for (const name of ['a.log', 'build', 'local', '.git/']) expect(text).not.toContain(name)
    for (const name of ['keep.log', 'sub/', 'b.log', '.gitignore']) expect(text).toContain(name)
    expect(text.match(/only-top/g)?.length).toBe(1)
    expect(text).toContain('(5 ignored entries left out')
    const all = await bench.call('list_directory', { depth: 2, include_ignored: 'true' })
    expect(all.text).toContain('a.log')
    expect((await bench.call('list_directory', { path: 'build' })).text).toContain('out')
  })

  test('with too many entries is cut, and the rest counted', async () => {
    await Promise.all(Array.from({ length: 230 }, (_, index) => bench.put(`many/f${index}`, '')))
    const answer = await bench.call('list_directory', { path: 'many' })
    expect(answer.text).toContain('(30 more entries left out')
  })

  test('with a line end in a name keeps one line for each entry', async () => {
    await bench.put('a\nb', '')
    expect((await bench.call('list_directory', {})).text).toBe('./\n  "a\\nb"  0 B')
  })

  test('that is empty says so', async () => {
    await mkdir(join(bench.root, 'none'))
    expect((await bench.call('list_directory', { path: 'none' })).text).toBe('none/\n(empty)')
  })
})

test('what is missing or no directory is refused, with advice', async () => {
  await bench.put('source/a.txt', '')
  expect((await bench.call('list_directory', { path: 'sorce' })).text).toContain('Did you mean "source"')
  expect((await bench.call('list_directory', { path: 'source/a.txt' })).text).toContain('Use read_file')
  expect((await bench.call('list_directory', { depth: 9 })).text).toContain('"depth"')
})
