import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
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

describe('a new file', () => {
  test('is made with its directories, as the content is', async () => {
    const answer = await bench.call('write_file', { path: 'a/b/c.txt', content: 'x\r\ny' })
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('Created a/b/c.txt (2 lines)')
    expect(await bench.text('a/b/c.txt')).toBe('x\r\ny')
    expect((await stat(join(bench.root, 'a/b/c.txt'))).mode & 0o777).toBe(0o666 & ~process.umask())
    expect(answer.facts).toMatchObject({ path: 'a/b/c.txt', created: true, additions: 2, deletions: 0 })
  })

  test('under a path that a file stands in is refused, and nothing is left behind', async () => {
    await bench.put('file', 'x')
    const answer = await bench.call('write_file', { path: 'file/below/c.txt', content: 'x' })
    expect(answer.ok).toBe(false)
    expect(await readdir(bench.root)).toEqual(['file'])
  })

  test('in place of a directory is refused', async () => {
    await mkdir(join(bench.root, 'dir'))
    const answer = await bench.call('write_file', { path: 'dir', content: 'x', overwrite: true })
    expect(answer.text).toContain('is a directory')
  })

  test('with half a character is refused, and no directory is left behind', async () => {
    const answer = await bench.call('write_file', { path: 'new/a.txt', content: 'x\ud800' })
    expect(answer.ok).toBe(false)
    expect(await readdir(bench.root)).toEqual([])
  })
})

describe('a file that exists', () => {
  test('and was not seen is shown instead, and replaced when the call comes again', async () => {
    await bench.put('a.txt', 'precious\n')
    const before = await bench.state('a.txt')
    const refused = await bench.call('write_file', { path: 'a.txt', content: 'new\n' })
    expect(refused.ok).toBe(false)
    expect(refused.text).toContain('you have not seen it')
    expect(refused.text).toContain('1\tprecious')
    expect(await bench.state('a.txt')).toEqual(before)
    expect((await bench.call('write_file', { path: 'a.txt', content: 'new\n' })).ok).toBe(true)
    expect(await bench.text('a.txt')).toBe('new\n')
  })

  test('and was seen by another conversation only is not replaced', async () => {
    await bench.put('a.txt', 'precious\n')
    await bench.call('read_file', { paths: ['a.txt'] }, { conversation: 'other' })
    expect((await bench.call('write_file', { path: 'a.txt', content: 'new\n' })).ok).toBe(false)
  })

  test('and was read in the same turn is not replaced: the model had not seen it when it wrote', async () => {
    await bench.put('a.txt', 'precious\n')
    await bench.call('read_file', { paths: ['a.txt'] }, { step: 'r/1' })
    expect((await bench.call('write_file', { path: 'a.txt', content: 'new\n' }, { step: 'r/1' })).ok).toBe(false)
    expect((await bench.call('write_file', { path: 'a.txt', content: 'new\n' }, { step: 'r/2' })).ok).toBe(true)
  })

  test('and has changed since is answered with the change', async () => {
    await bench.put('a.txt', 'one\ntwo\nthree\n')
    await bench.call('read_file', { paths: ['a.txt'] })
    await bench.put('a.txt', 'one\n2\nthree\n')
    const refused = await bench.call('write_file', { path: 'a.txt', content: 'new\n' })
    expect(refused.text).toContain('has changed since you saw it')
    expect(refused.changes[0]).toMatchObject({ kind: 'drifted', edit: { hunks: [{ oldStart: 2, lines: ['2'] }] } })
  })

  test('is replaced unseen when the call insists', async () => {
    await bench.put('a.txt', 'precious\n')
    expect((await bench.call('write_file', { path: 'a.txt', content: 'new\n', overwrite: true })).ok).toBe(true)
    await bench.put('a.bin', Buffer.from([0, 1]))
    expect((await bench.call('write_file', { path: 'a.bin', content: 'new\n' })).text).toContain('is not text')
    expect((await bench.call('write_file', { path: 'a.bin', content: 'new\n', overwrite: true })).ok).toBe(true)
    expect(await bench.text('a.bin')).toBe('new\n')
  })

  test('and has the content already is left alone', async () => {
    await bench.put('a.txt', 'same\n')
    const before = await bench.state('a.txt')
    const answer = await bench.call('write_file', { path: 'a.txt', content: 'same\n' })
    expect(answer.text).toContain('has this content already')
    expect(await bench.state('a.txt')).toEqual(before)
  })

  test('keeps its mode, line ends, byte order mark and encoding', async () => {
    const path = await bench.put('a.txt', Buffer.from('\ufeffä\r\nb\r\n', 'utf16le'))
    await chmod(path, 0o750)
    const answer = await bench.call('write_file', { path: 'a.txt', content: 'ö\nc\nd', overwrite: true })
    expect(await bench.bytes('a.txt')).toEqual(Buffer.from('\ufeffö\r\nc\r\nd', 'utf16le'))
    expect((await stat(path)).mode & 0o7777).toBe(0o750)
    expect(answer.notes.join()).toContain('crlf')
  })

  test('keeps mixed line ends where its lines stay', async () => {
    await bench.put('a.txt', 'a\r\nb\nc\r\n')
    await bench.call('write_file', { path: 'a.txt', content: 'a\nb\nnew\nc\n', overwrite: true })
    expect(await bench.text('a.txt')).toBe('a\r\nb\nnew\nc\r\n')
  })

  test('takes line ends and a mark that the content has of its own', async () => {
    await bench.put('a.txt', 'a\nb\n')
    await bench.call('write_file', { path: 'a.txt', content: '\ufeffa\r\nb\r\n', overwrite: true })
    expect(await bench.bytes('a.txt')).toEqual(Buffer.from('\ufeffa\r\nb\r\n'))
  })

  test('in an encoding that lacks a character is refused', async () => {
    await bench.put('a.txt', Buffer.from('café déjà\n', 'latin1'))
    const answer = await bench.call('write_file', { path: 'a.txt', content: '漢字\n', overwrite: true })
    expect(answer.text).toContain('windows-1252 cannot hold')
    expect(await bench.bytes('a.txt')).toEqual(Buffer.from('café déjà\n', 'latin1'))
  })
})

test('parallel calls on one file leave one whole content', async () => {
  const contents = Array.from({ length: 12 }, (_, index) => `${index}\n`.repeat(2_000))
  await Promise.all(contents.map((content) => bench.call('write_file', { path: 'a.txt', content, overwrite: true })))
  expect(contents).toContain(await bench.text('a.txt'))
  expect(await readdir(bench.root)).toEqual(['a.txt'])
})
