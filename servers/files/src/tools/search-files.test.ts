import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
  for (const path of ['src/tools/read-file.ts', 'src/tools/search-files.ts', 'src/main.ts', 'README.md']) {
    await bench.put(path, '')
  }
})

afterEach(async () => {
  await bench.remove()
})

const search = (query: string, more: Record<string, unknown> = {}) => bench.call('search_files', { query, ...more })

describe('a search', () => {
  test('answers paths, best first', async () => {
    const answer = await search('file')
    expect(answer.text).toBe('src/tools/read-file.ts\nsrc/tools/search-files.ts')
    expect(answer.facts).toEqual({ total: 2, shown: 2 })
    expect(answer.applied).toEqual({ query: 'file' })
  })

  test('finds what was made a moment ago, and not what was deleted', async () => {
    expect((await search('main')).text).toBe('src/main.ts')
    await bench.put('src/new/main-2.ts', '')
    expect((await search('main')).text).toBe('src/main.ts\nsrc/new/main-2.ts')
    await rm(join(bench.root, 'src/main.ts'))
    expect((await search('main')).text).toBe('src/new/main-2.ts')
    await bench.call('move_file', { from: 'src/new', to: 'old' })
    expect((await search('main')).text).toBe('old/main-2.ts')
    await bench.call('delete_file', { paths: ['old'], recursive: true })
    expect((await search('main-2')).text).toContain('No path matches')
  })

  test('leaves out what .gitignore names and .git', async () => {
    await bench.put('.gitignore', 'dist/\n')
    await bench.put('dist/main.ts', '')
    await bench.put('.git/main.ts', '')
    expect((await search('main')).text).toBe('src/main.ts')
  })

  test('shows as many as asked for, and says how many there are', async () => {
    for (let at = 0; at < 30; at += 1) await bench.put(`many/item${at}.txt`, '')
    const answer = await search('item')
    expect(answer.text.split('\n')).toHaveLength(21)
    expect(answer.text).toContain('(20 of 30 matching paths; narrow "query" or raise "limit")')
    expect((await search('item', { limit: '30' })).text.split('\n')).toHaveLength(30)
  })

  test('takes paths as models write them', async () => {
    expect((await search('./src/main.ts')).text).toBe('src/main.ts')
    expect((await search(`${bench.root}/src/main.ts`)).text).toBe('src/main.ts')
    expect((await bench.call('search_files', { pattern: 'main' })).text).toBe('src/main.ts')
    const glob = await search('src/**/*.ts')
    expect(glob.ok).toBe(true)
    expect(glob.text.split('\n').toSorted()).toEqual([
      'src/main.ts',
      'src/tools/read-file.ts',
      'src/tools/search-files.ts',
    ])
    expect(glob.notes.join()).toContain('not a glob')
    expect(glob.applied).toEqual({ query: 'src .ts' })
  })

  test('names a path with line ends on one line', async () => {
    await bench.put('odd\nname', '')
    expect((await search('odd')).text).toBe('"odd\\nname"')
  })
})

describe('a search that finds nothing', () => {
  test('suggests the most similar paths', async () => {
    expect((await search('serach')).text).toBe(
      'No path matches "serach".\nThe most similar:\nsrc/tools/search-files.ts',
    )
    expect((await search('toolz/raed-file.ts')).text).toContain('src/tools/read-file.ts')
    expect((await search('mian.ts')).text).toContain('src/main.ts')
  })

  test('says what else to try when nothing is similar', async () => {
    const answer = await search('qqqqqqqq')
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('No path matches "qqqqqqqq".\nTry fewer letters, or list_directory')
  })

  test('because there is nothing says the same', async () => {
    await rm(join(bench.root, 'src'), { recursive: true })
    await rm(join(bench.root, 'README.md'))
    await mkdir(join(bench.root, 'empty'))
    expect((await search('a')).text).toContain('No path matches')
    expect(await realpath(bench.root)).toBe(bench.root)
  })
})

describe('a query', () => {
  test('without anything to look for is refused', async () => {
    for (const query of ['', '   ', '\n\t', './', '**', bench.root, `${bench.root}/`]) {
      const answer = await search(query)
      expect(answer.ok, JSON.stringify(query)).toBe(false)
      expect(answer.text).toContain('list_directory shows all')
    }
  })

  test('with control characters, too long, or of another type is refused', async () => {
    expect((await search('a\0b')).text).toContain('control characters')
    expect((await search('a'.repeat(201))).text).toContain('"query"')
    expect((await bench.call('search_files', { query: 5 })).text).toContain('"query"')
    expect((await bench.call('search_files', {})).text).toContain('"query"')
    for (const limit of [0, 201, 1.5, 'many']) expect((await search('a', { limit })).text).toContain('"limit"')
  })
})

test('a search that is cancelled ends', async () => {
  const call = bench.call('search_files', { query: 'a' }, { signal: AbortSignal.abort() })
  await expect(call).rejects.toThrow()
  expect((await search('main')).text).toBe('src/main.ts')
})
