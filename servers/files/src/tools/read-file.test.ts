import { execFileSync } from 'node:child_process'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, testNonce, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('')

describe('text', () => {
  test('is shown with line numbers under a header that names the revision', async () => {
    await bench.put('a.txt', 'one\r\ntwo')
    const answer = await bench.call('read_file', { paths: ['a.txt'] })
    expect(answer.text).toBe(
      `--- a.txt | 2 lines | rev 29a776bb | utf-8 crlf | no final newline | ${testNonce}\n1\tone\n2\ttwo`,
    )
    expect(answer.applied).toEqual({ paths: ['a.txt'] })
  })

  test('of an empty file is no line', async () => {
    await bench.put('empty', '')
    expect((await bench.call('read_file', { paths: ['empty'] })).text).toContain('empty | 0 lines')
  })

  test('form feed and U+2028 stay inside their line', async () => {
    await bench.put('a.txt', 'a\fb\u2028c\nd\n')
    expect((await bench.call('read_file', { paths: ['a.txt'] })).text).toContain('1\ta\fb\u2028c\n2\td')
  })

  test('over the limit opens in part and says how to open more', async () => {
    await bench.put('long.txt', lines(2_500))
    const answer = await bench.call('read_file', { paths: ['long.txt'] })
    expect(answer.text).toContain('2000\tline 2000\n... lines 2001-2500 are not shown')
    const more = await bench.call('read_file', { paths: ['long.txt'], lines: '2001-' })
    expect(more.text).toContain('2500\tline 2500')
  })

  test('fits what the host shows', async () => {
    await bench.put('long.txt', lines(2_000))
    await bench.put('other.txt', lines(2_000))
    const answer = await bench.call('read_file', { paths: ['long.txt', 'other.txt'] }, { outputCharsMax: 10_000 })
    expect(answer.text.length).toBeLessThan(10_000)
    expect(answer.changes.map(({ view }) => view?.path)).toEqual(['long.txt', 'other.txt'])
  })

  test('in ranges is shown in order, without doubling lines', async () => {
    await bench.put('a.txt', lines(30))
    const answer = await bench.call('read_file', { paths: ['a.txt'], lines: '20-22, 3-5,4-6' })
    const shown = answer.changes[0]?.view?.ranges.map(({ start, lines: texts }) => [start, texts.length])
    expect(shown).toEqual([
      [3, 4],
      [20, 3],
    ])
  })

  test('with a line over 2,000 characters shows columns of it', async () => {
    const long = Array.from({ length: 700 }, (_, index) => `<${index}>`).join('')
    await bench.put('min.js', `a\n${long}\nb\n`)
    const answer = await bench.call('read_file', { paths: ['min.js'] })
    const columns = answer.changes[0]?.view?.ranges.map((range) => range.columns)
    expect(columns).toEqual([undefined, [1, 2_000], undefined])
    expect(answer.notes.join()).toContain('"2:2001-')
    const more = await bench.call('read_file', { paths: ['min.js'], lines: `2:2001-${long.length}` })
    expect(more.changes[0]?.view?.ranges[0]?.lines).toEqual([long.slice(2_000)])
  })
})

describe('other files', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

  test('an image is shown', async () => {
    await bench.put('a.png', png)
    const answer = await bench.call('read_file', { paths: ['a.png'] })
    expect(answer.images).toEqual([{ bytes: png, type: 'image/png' }])
  })

  test('of other binary files type, size and first bytes are told, and no more', async () => {
    await bench.put('a.bin', Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(5_000)]))
    const answer = await bench.call('read_file', { paths: ['a.bin'] })
    expect(answer.text).toContain('ELF')
    expect(answer.text).toContain('5004 bytes')
    expect(answer.text).toContain('7f 45 4c 46 00')
    expect(answer.text.length).toBeLessThan(400)
  })

  test('a directory, a pipe and a huge file are refused clearly', async () => {
    await bench.put('dir/a', '')
    execFileSync('mkfifo', [join(bench.root, 'pipe')])
    await truncate(await bench.put('huge', 'x'), 51_000_000)
    expect((await bench.call('read_file', { paths: ['dir'] })).text).toContain(
      'is a directory, not a file. Use list_directory',
    )
    expect((await bench.call('read_file', { paths: ['pipe'] })).text).toContain('is a named pipe')
    expect((await bench.call('read_file', { paths: ['huge'] })).text).toContain('at most 50000000')
  })

  test('a missing file is answered with near names, here and elsewhere', async () => {
    await bench.put('src/server.ts', '')
    await bench.put('lib/thing.py', '')
    expect((await bench.call('read_file', { paths: ['src/sever.ts'] })).text).toContain('"src/server.ts"')
    expect((await bench.call('read_file', { paths: ['src/thing.py'] })).text).toContain('"lib/thing.py"')
  })

  test('one that cannot be opened does not keep back the others', async () => {
    await bench.put('a.txt', 'here\n')
    const answer = await bench.call('read_file', { paths: ['missing', 'a.txt'] })
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('1\there')
    expect(answer.text).toContain('Not opened: There is no file "missing"')
  })
})

describe('arguments', () => {
  test.each([
    ['one path', { path: 'a.txt' }, 10],
    ['a path as a list in JSON', { paths: '["a.txt"]' }, 10],
    ['a single string', { paths: 'a.txt' }, 10],
    ['offset and limit', { file_path: 'a.txt', offset: 3, limit: 2 }, 2],
    ['start and end', { file: 'a.txt', start_line: 2, end_line: 4 }, 3],
    ['a number of a line', { path: 'a.txt', lines: 7 }, 1],
  ])('%s', async (_, args, count) => {
    await bench.put('a.txt', lines(10))
    const answer = await bench.call('read_file', args)
    expect(answer.changes[0]?.view?.ranges[0]?.lines.length).toBe(count)
    expect(answer.applied?.paths).toEqual(['a.txt'])
  })

  test('lines that do not exist, lines of several files and what is no line', async () => {
    await bench.put('a.txt', lines(3))
    expect((await bench.call('read_file', { paths: ['a.txt'], lines: '5-9' })).text).toContain('has 3 lines')
    expect((await bench.call('read_file', { paths: ['a.txt', 'b'], lines: '1' })).text).toContain('one path')
    for (const bad of ['a-b', '5-2', '', '1:5', '1,,2', '-3']) {
      expect((await bench.call('read_file', { paths: ['a.txt'], lines: bad })).text).toContain('must look like')
    }
  })
})
