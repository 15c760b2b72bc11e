import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  watch,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPlace, type Place, type Server } from './files-server.js'

let place: Place
let server: Server

beforeAll(async () => {
  place = await createPlace()
  server = await place.serve()
})

beforeEach(() => place.clear())

afterAll(() => place.remove())

const edits = [{ lines: '2', first_line: 'two', new_text: 'second' }]

describe('an edit leaves every other byte of a file', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
  // "这是一个测试文件，用于检查编码", then the lines.
  const gbk = (line: string): Buffer =>
    Buffer.concat([
      hex('d5e2cac7d2bbb8f6b2e2cad4cec4bcfea3acd3c3d3dabcecb2e9b1e0c2eb0a'),
      Buffer.from(`${line}\n`),
      hex('b1e0c2eb0a'),
    ])

  test.each<[string, string, (line: string) => Buffer]>([
    ['with CRLF', 'crlf', (line) => Buffer.from(`one\r\n${line}\r\nthree\r\n`)],
    ['with mixed line ends', 'mixed', (line) => Buffer.from(`one\r\n${line}\rthree\nfour\r\n`)],
    ['with a byte order mark', 'utf-8 bom', (line) => Buffer.from(`\ufeffone\n${line}\nthree\n`)],
    ['in UTF-16LE', 'utf-16le', (line) => Buffer.from(`\ufeffone\n${line}\nthree\n`, 'utf16le')],
    ['in UTF-16BE', 'utf-16be', (line) => Buffer.from(`\ufeffone\n${line}\nthree\n`, 'utf16le').swap16()],
    ['in Latin-1', 'windows-1252', (line) => Buffer.from(`déjà vu\n${line}\nÄnderung\n`, 'latin1')],
    ['in GBK', 'gbk', gbk],
    [
      'of invalid UTF-8',
      'invalid',
      (line) => Buffer.concat([hex('e28496206f6b20c3a920ff0a'), Buffer.from(`${line}\n`), hex('c3a90a')]),
    ],
    ['with a form feed and U+2028', 'lf', (line) => Buffer.from(`one\fmore\u2028still one\n${line}\nthree\n`)],
    ['without a final newline', 'no final newline', (line) => Buffer.from(`one\n${line}`)],
  ])('%s', async (_, header, file) => {
    await place.put('a.txt', file('two'))
    const view = await server.call('read_file', { paths: ['a.txt'] })
    expect(/^--- a\.txt.*/m.exec(view.text)?.[0]).toContain(header)
    expect(view.text).toContain('2\ttwo')
    expect((await server.call('grep_search', { pattern: '^two$' })).text).toContain('2:\ttwo')
    expect((await server.call('edit_file', { path: 'a.txt', edits })).text).toContain('Made 1 edit')
    expect(await place.bytes('a.txt')).toEqual(file('second'))
  })

  test('that is empty', async () => {
    await place.put('a.txt', '')
    expect((await server.call('read_file', { paths: ['a.txt'] })).text).toContain('0 lines')
    expect((await server.call('edit_file', { path: 'a.txt', edits: [{ new_text: 'one\n' }] })).ok).toBe(true)
    expect(String(await place.bytes('a.txt'))).toBe('one\n')
  })
})

describe('an edit keeps', () => {
  test('mode 0755', async () => {
    const path = await place.put('run.sh', 'one\ntwo\n')
    await chmod(path, 0o755)
    expect((await server.call('edit_file', { path: 'run.sh', edits })).ok).toBe(true)
    expect((await stat(path)).mode & 0o7777).toBe(0o755)
  })

  test('a symlink, whose target is edited', async () => {
    await place.put('real.txt', 'one\ntwo\n')
    await symlink('real.txt', join(place.root, 'link'))
    expect((await server.call('edit_file', { path: 'link', edits })).ok).toBe(true)
    expect(await readlink(join(place.root, 'link'))).toBe('real.txt')
    expect(String(await place.bytes('real.txt'))).toBe('one\nsecond\n')
  })

  test('a hard link', async () => {
    await link(await place.put('a.txt', 'one\ntwo\n'), join(place.root, 'b.txt'))
    expect((await server.call('edit_file', { path: 'b.txt', edits })).ok).toBe(true)
    expect(String(await place.bytes('a.txt'))).toBe('one\nsecond\n')
    expect((await stat(join(place.root, 'a.txt'))).nlink).toBe(2)
  })
})

describe('is refused, and nothing changes:', () => {
  /** With everything that can be asked of one path. */
  async function refusals(path: string): Promise<string[]> {
    const answers = [
      await server.call('read_file', { paths: [path] }),
      await server.call('edit_file', { path, edits }),
      await server.call('write_file', { path, content: 'x', overwrite: true }),
    ]
    expect(answers.map(({ ok }) => ok)).toEqual([false, false, false])
    return answers.map(({ text }) => text)
  }

  test('a read-only file', async () => {
    await chmod(await place.put('a.txt', 'one\ntwo\n'), 0o444)
    const before = await place.state('a.txt')
    expect((await server.call('read_file', { paths: ['a.txt'] })).ok).toBe(true)
    expect((await server.call('edit_file', { path: 'a.txt', edits })).text).toContain('read-only (mode 0444)')
    const written = await server.call('write_file', { path: 'a.txt', content: 'x', overwrite: true })
    expect(written.text).toContain('read-only (mode 0444)')
    expect(await place.state('a.txt')).toEqual(before)
  })

  test('a directory', async () => {
    await place.put('dir/a', '')
    for (const text of await refusals('dir')) expect(text).toContain('is a directory')
    expect(await readdir(join(place.root, 'dir'))).toEqual(['a'])
  })

  test('a FIFO', async () => {
    execFileSync('mkfifo', [join(place.root, 'pipe')])
    for (const text of await refusals('pipe')) expect(text).toContain('is a named pipe')
    expect((await lstat(join(place.root, 'pipe'))).isFIFO()).toBe(true)
  })

  test('a file of 200 MB', async () => {
    await truncate(await place.put('huge', 'one\ntwo\n'), 200_000_000)
    for (const text of await refusals('huge')) expect(text).toContain('200000000 bytes')
    expect((await stat(join(place.root, 'huge'))).size).toBe(200_000_000)
  })

  test.each([
    ['by ..', '../ws2/secret'],
    ['by a symlink', 'link'],
    ['through a symlinked directory', 'dirlink/secret'],
    ['by a name that begins like the root', 'PLACE/ws2/secret'],
    ['by a dangling symlink', 'dangling'],
  ])('a path outside %s', async (_, path) => {
    await writeFile(join(place.beside, 'ws2/secret'), 'one\ntwo\n')
    await symlink('../ws2/secret', join(place.root, 'link'))
    await symlink('../ws2', join(place.root, 'dirlink'))
    await symlink('../ws2/new', join(place.root, 'dangling'))
    for (const text of await refusals(path.replace('PLACE', place.beside))) {
      expect(text).toContain(`outside the allowed roots. Allowed: ${place.root}.`)
    }
    expect(await readFile(join(place.beside, 'ws2/secret'), 'utf8')).toBe('one\ntwo\n')
    expect(await readdir(join(place.beside, 'ws2'))).toEqual(['secret'])
  })

  test('a NUL in a name', async () => {
    for (const text of await refusals('a\0b')) expect(text).toContain('NUL')
    expect(await readdir(place.root)).toEqual([])
  })

  test('a full disk', async (context) => {
    const disk = join(place.root, 'disk')
    await mkdir(disk)
    if (!mountSmallDisk(disk)) return context.skip('needs the right to mount a tmpfs')
    try {
      await place.put('disk/a.txt', 'one\ntwo\n')
      const before = await place.state('disk/a.txt')
      const content = 'much\n'.repeat(100_000)
      const insert = [{ lines: '2', first_line: 'two', insert: 'after', new_text: content }]
      for (const answer of [
        await server.call('write_file', { path: 'disk/a.txt', content, overwrite: true }),
        await server.call('write_file', { path: 'disk/new.txt', content }),
        await server.call('edit_file', { path: 'disk/a.txt', edits: insert }),
      ]) {
        expect(answer.ok).toBe(false)
        expect(answer.text).toContain('no space is left on the device')
      }
      expect(await place.state('disk/a.txt')).toEqual(before)
      expect(await readdir(disk)).toEqual(['a.txt'])
      expect((await server.call('edit_file', { path: 'disk/a.txt', edits })).ok).toBe(true)
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a dangling symlink that stays inside makes its target', async () => {
  await symlink('target.txt', join(place.root, 'link'))
  expect((await server.call('write_file', { path: 'link', content: 'made\n' })).ok).toBe(true)
  expect(String(await place.bytes('target.txt'))).toBe('made\n')
  expect(await readlink(join(place.root, 'link'))).toBe('target.txt')
})

test('a server killed between its temp file and the rename leaves the old file, and the next one sweeps', async () => {
  await place.put('a.txt', 'old\n')
  let killedBetween = false
  for (let round = 0; round < 10 && !killedBetween; round += 1) {
    const doomed = await place.serve()
    const written = tempFileIn(place.root)
    const content = 'new line\n'.repeat(500_000)
    const call = doomed.call('write_file', { path: 'a.txt', content, overwrite: true }).catch(() => undefined)
    const pid = await written
    process.kill(pid, 'SIGKILL')
    await call
    await doomed.close()
    const found = String(await place.bytes('a.txt'))
    expect(['old\n', content]).toContain(found)
    killedBetween = found === 'old\n' && (await readdir(place.root)).length === 2
    if (!killedBetween) await place.put('a.txt', 'old\n')
  }
  expect(killedBetween).toBe(true)
  await (await place.serve()).call('list_directory', {})
  expect(await readdir(place.root)).toEqual(['a.txt'])
}, 120_000)

/** Settles with the pid in the name of the first temp file. */
async function tempFileIn(folder: string): Promise<number> {
  for await (const { filename } of watch(folder)) {
    const pid = /^\.auroracoder-(\d+)-.*\.tmp$/.exec(filename ?? '')?.[1]
    if (pid) return Number(pid)
  }
  throw new Error('The folder is no longer watched.')
}

test('two servers that edit one file at once keep it whole', async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  await place.put('a.txt', `${lines.join('\n')}\n`)
  const servers = [server, await place.serve()]
  await Promise.all(
    servers.map(async (server, which) => {
      for (const line of lines.filter((_, index) => index % 2 === which)) {
        const one = [{ old_text: `${line}\n`, new_text: `${line} by ${which}\n` }]
        const answer = await server.call('edit_file', { path: 'a.txt', edits: one })
        if (!answer.ok) expect(answer.text).toContain('by someone else just now. Nothing was written')
      }
    }),
  )
  const now = String(await place.bytes('a.txt'))
    .trimEnd()
    .split('\n')
  expect(now.map((line) => line.replace(/ by [01]$/, ''))).toEqual(lines)
  expect(now.filter((line) => / by [01]$/.test(line)).length).toBeGreaterThan(lines.length / 4)
  expect(await readdir(place.root)).toEqual(['a.txt'])
}, 60_000)

test('three writes of one file in one turn leave the last one whole', async () => {
  const contents = ['a\n', 'b\n', 'c\n'].map((line) => line.repeat(20_000))
  const answers = await Promise.all(
    contents.map((content) =>
      server.call('write_file', { path: 'a.txt', content, overwrite: true }, { step: 'run/1' }),
    ),
  )
  expect(answers.map(({ ok }) => ok)).toEqual([true, true, true])
  expect(String(await place.bytes('a.txt'))).toBe(contents[2])
  expect(await readdir(place.root)).toEqual(['a.txt'])
})

test('three edits of one file in one turn are all made', async () => {
  await place.put('a.txt', 'one\ntwo\nthree\n')
  await server.call('read_file', { paths: ['a.txt'] }, { step: 'run/1' })
  const answers = await Promise.all(
    ['one', 'two', 'three'].map((line, index) =>
      server.call(
        'edit_file',
        { path: 'a.txt', edits: [{ lines: String(index + 1), first_line: line, new_text: `${line}\nmore` }] },
        { step: 'run/2' },
      ),
    ),
  )
  expect(answers.map(({ ok }) => ok)).toEqual([true, true, true])
  expect(String(await place.bytes('a.txt'))).toBe('one\nmore\ntwo\nmore\nthree\nmore\n')
})

test('a search that is cancelled stops, whenever that is, and leaves the server usable', async () => {
  // Any two places differ in what may still follow: no automaton that is built ahead keeps up with this pattern.
  const line = () => Array.from(randomBytes(200), (byte) => 'ab'[byte & 1]).join('')
  for (const name of ['a', 'b', 'c']) await place.put(name, Array.from({ length: 40_000 }, line).join('\n'))
  for (const ms of [5, 15, 30, 60, 120]) {
    const abort = new AbortController()
    const call = server.call('grep_search', { pattern: 'a[ab]{60}c' }, { signal: abort.signal })
    setTimeout(() => abort.abort(), ms)
    await expect(call).rejects.toThrow()
    expect((await server.call('list_directory', {})).ok).toBe(true)
  }
}, 60_000)
