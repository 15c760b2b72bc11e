import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { panelStateCharsMax } from '@auroracoder/kit/wire'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFilesFamily } from '../server.js'
import { createPanelClient, type PanelClient } from './client.fixture.js'

const log = { debug() {}, info() {}, warn: vi.fn(), error() {} }
let folder: string
let root: string
let client: PanelClient

beforeEach(async () => {
  log.warn.mockClear()
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-panel-')))
  root = join(folder, 'root')
  await mkdir(root)
  client = await createPanelClient({ roots: [root], stateDir: join(folder, 'state'), flags: {}, log })
})

afterEach(async () => {
  await client.close()
  await rm(folder, { recursive: true, force: true })
})

const put = (path: string, text: string | Buffer): Promise<void> => writeFile(join(root, path), text)
const lines = (count: number, changed: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join('')
const open = (path: string, range?: string) =>
  client.call('read_file', { paths: [path], ...(range === undefined ? {} : { lines: range }) })
const numbersOf = (key: string): number[] => [...(client.shown().get(key)?.lines.keys() ?? [])].sort((a, b) => a - b)

describe('a read', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']

  test('tells what a cancelled call does meanwhile, at once or the next time', async () => {
    for (let turn = 0; turn < 40; turn += 1) {
      for (const name of names) await put(name, `${name} ${turn}\n`)
      await client.call('read_file', { paths: names })
      await put('f', 'changed\n')
      const late = [
        client.call('close_file', { paths: ['a'] }, { cancelled: true }),
        client.call('read_file', { paths: names.slice(2) }, { cancelled: true }),
      ]
      for (let tick = 0; tick < turn; tick += 1) await Promise.resolve()
      await Promise.all([client.read(), ...late])
      await put('b', 'changed\n')
      await put('c', 'changed\n')
      await client.read()
      expect([...client.shown().keys()].sort()).toEqual(names.slice(1))
      expect([...client.shown().values()].map(({ lines }) => lines.get(1)).sort()).toEqual([
        'changed',
        'changed',
        'changed',
        `d ${turn}`,
        `e ${turn}`,
      ])
    }
  })

  test('between two changes of a cancelled call leaves the second one to the next read', async () => {
    for (const name of names) await put(name, `${name}\n`)
    for (let turn = 0; turn < 30; turn += 1) {
      await client.call('close_file', { keep: [] })
      const late = client.call('read_file', { paths: names }, { cancelled: true })
      for (let tick = 0; tick < turn; tick += 1) await new Promise((resolve) => setImmediate(resolve))
      await client.read()
      await late
      await client.read()
      expect([...client.shown().keys()].sort()).toEqual(names)
    }
  })
})

describe('reading a file', () => {
  test('opens it, and what is shown already is not shown again', async () => {
    await put('a', lines(30))
    await open('a', '5-20')
    await client.read()
    const again = await open('./a', '7-9')
    expect(again.changes).toEqual([])
    expect(again.text).toMatch(/^a is open and what is shown of it is up to date \(rev [0-9a-f]{8}\)\.$/)
    expect((await open('a', '18-25')).changes).toHaveLength(1)
    expect(numbersOf('a')).toEqual(Array.from({ length: 21 }, (_, index) => index + 5))
  })

  test('that has changed tells the change, and shows the rest that was asked for', async () => {
    await put('a', lines(30))
    await open('a', '1-10')
    await put('a', lines(30, { 3: 'new' }))
    const { changes } = await open('a', '20-22')
    expect(changes.map(({ kind }) => kind)).toEqual(['drifted', 'opened'])
    expect(client.shown().get('a')?.lines.get(3)).toBe('new')
    expect(numbersOf('a')).toHaveLength(13)
  })

  test('in columns shows those columns of a long line, and keeps them where the line moves', async () => {
    const long = 'abcdefghij'.repeat(500)
    await put('a', `one\n${long}\nthree\n`)
    await open('a')
    await open('a', '2:2001-2010')
    await put('a', `zero\none\n${long}\nthree\n`)
    await client.read()
    const parts = client.shown().get('a')?.columns.get(3)
    expect(parts?.map(({ first, last }) => [first, last])).toEqual([
      [1, 2000],
      [2001, 2010],
    ])
    await put('a', `zero\none\nX${long}\nthree\n`)
    const [change] = await client.read()
    expect(JSON.stringify(change).length).toBeLessThan(4_000)
    expect(client.shown().get('a')?.columns.get(3)?.[1]?.text).toBe(`X${long}`.slice(2_000, 2_010))
  })
})

describe('writing', () => {
  test('a file opens it whole, whatever its size, and does not repeat the text', async () => {
    const content = `${'long '.repeat(1_000)}\n${lines(3_000)}`
    const { changes, text } = await client.call('write_file', { path: 'a', content })
    expect(changes).toMatchObject([{ kind: 'opened', written: true, view: { lineCount: 3_001 } }])
    expect(numbersOf('a')).toHaveLength(3_001)
    expect(text.length).toBeLessThan(200)
  })

  test('what the arguments do not say line by line shows the file', async () => {
    const { changes } = await client.call('write_file', { path: 'a', content: '\ufeffone\n' })
    expect(changes[0]?.written).toBeUndefined()
    expect(client.shown().get('a')?.lines.get(1)).toBe('one')
  })

  test('a new file by an edit opens it', async () => {
    await client.call('edit_file', { path: 'a', edits: [{ new_text: 'one\ntwo\n' }] })
    expect(numbersOf('a')).toEqual([1, 2])
  })

  test('an edit of a file that is not open shows it around the edit', async () => {
    await put('a', lines(30))
    const { changes } = await client.call('edit_file', { path: 'a', edits: [{ old_text: 'line 10', new_text: 'ten' }] })
    expect(changes).toMatchObject([{ kind: 'edited', view: { lineCount: 30 } }])
    expect(numbersOf('a')).toEqual([7, 8, 9, 10, 11, 12, 13])
  })

  test('an edit that is refused tells what others have changed', async () => {
    await put('a', lines(5))
    await open('a')
    await put('a', lines(5, { 2: 'two' }))
    const { ok, changes } = await client.call('edit_file', { path: 'a', edits: [{ old_text: 'gone', new_text: 'x' }] })
    expect(ok).toBe(false)
    expect(changes).toMatchObject([{ kind: 'drifted', edit: { hunks: [{ oldStart: 2, lines: ['two'] }] } }])
  })
})

describe('what others do', () => {
  test('is told once', async () => {
    await put('a', lines(5))
    await open('a')
    await put('a', lines(5, { 5: 'five' }))
    expect(await client.read()).toMatchObject([{ kind: 'drifted', key: 'a', edit: { hunks: [{ newStart: 5 }] } }])
    expect(await client.read()).toEqual([])
  })

  test('outside of what is shown changes nothing but the header', async () => {
    await put('a', lines(100))
    await open('a', '1-10')
    await put('a', lines(150))
    const [change] = await client.read()
    expect(change?.edit).toMatchObject({ hunks: [], lineCount: 150 })
    expect(numbersOf('a')).toHaveLength(10)
  })

  test('above what is shown moves it', async () => {
    await put('a', lines(100))
    await open('a', '50-60')
    await put('a', `${lines(200, { 1: 'first' })}${lines(100)}`)
    const [change] = await client.read()
    expect(change?.view?.ranges).toMatchObject([{ start: 250, lines: { length: 11 } }])
  })

  test('of more than fits into hunks is shown as a fresh view', async () => {
    await put('a', lines(300))
    await open('a', '1-60')
    await put('a', lines(300).replace(/[02468]$/gm, 'even'))
    const [change] = await client.read()
    expect(change?.kind).toBe('drifted')
    expect(change?.view).toBeDefined()
    expect(numbersOf('a')).toHaveLength(60)
  })

  test('to line ends alone is shown by the header', async () => {
    await put('a', lines(5))
    await open('a')
    await put('a', lines(5).replaceAll('\n', '\r\n'))
    await client.read()
    expect(client.shown().get('a')?.eol).toBe('crlf')
  })

  test('is seen also when size and modification time stay', async () => {
    await put('a', 'one\n')
    const { atime, mtime } = await stat(join(root, 'a'))
    await open('a')
    await client.read()
    await put('a', 'two\n')
    const { utimes } = await import('node:fs/promises')
    await utimes(join(root, 'a'), atime, mtime)
    expect(await client.read()).toHaveLength(1)
  })

  test.each([
    ['deletes', () => rm(join(root, 'a')), 'deleted'],
    ['renames', () => rename(join(root, 'a'), join(root, 'b')), 'deleted'],
    ['makes binary', () => put('a', Buffer.from([0, 1, 2])), 'closed'],
    ['makes a directory', () => rm(join(root, 'a')).then(() => mkdir(join(root, 'a'))), 'closed'],
    ['makes a symlink out of', () => rm(join(root, 'a')).then(() => symlink('/etc/passwd', join(root, 'a'))), 'closed'],
  ])('%s a file ends its tracking', async (_, change, kind) => {
    await put('a', lines(5))
    await open('a')
    await change()
    expect(await client.read()).toEqual([{ kind, key: 'a' }])
    expect(client.shown().size).toBe(0)
    expect(await client.read()).toEqual([])
  })
})

test('a file is shown once, however it is named', async () => {
  await put('a', lines(5))
  await symlink('a', join(root, 'link'))
  for (const path of ['a', './a', join(root, 'a'), 'link']) await open(path)
  await link(join(root, 'a'), join(root, 'hard'))
  expect([...client.shown().keys()]).toEqual(['a'])
})

describe('closing', () => {
  test('ends the tracking of the files named, or of all but those', async () => {
    for (const path of ['a', 'b', 'c', 'd']) {
      await put(path, lines(3))
      await open(path)
    }
    await client.call('close_file', { path: './a' })
    expect([...client.shown().keys()]).toEqual(['b', 'c', 'd'])
    const { text } = await client.call('close_file', { keep: ['c', 'a'] })
    expect(text).toContain('Closed 2; 1 file stays open. Not open: a.')
    expect([...client.shown().keys()]).toEqual(['c'])
    await put('a', 'changed')
    expect(await client.read()).toEqual([])
  })

  test('needs to be told what', async () => {
    for (const args of [{}, { paths: ['a'], keep: [] }]) {
      const { ok, text } = await client.call('close_file', args)
      expect(ok).toBe(false)
      expect(text).toContain('either "paths" or "keep"')
    }
    expect((await client.call('close_file', { paths: ['/etc/passwd'] })).text).toContain('outside the allowed roots')
  })

  test('shows all of a file again when it is read again', async () => {
    await put('a', lines(5))
    await open('a')
    await client.call('close_file', { keep: [] })
    await open('a', '2-3')
    expect(numbersOf('a')).toEqual([2, 3])
  })
})

describe('a lost answer', () => {
  test('is made good by the next read, also when later ones have arrived', async () => {
    await put('a', lines(5))
    await client.call('read_file', { paths: ['a'] }, { lost: true })
    const { revision } = await client.call('write_file', { path: 'b', content: 'x\n' })
    expect(revision).toBe(2)
    expect((await client.read()).map(({ kind, key }) => `${kind} ${key}`)).toContain('opened a')
    expect([...client.shown().keys()].sort()).toEqual(['a', 'b'])
  })

  test('that closed a file is made good as well, and after a restart', async () => {
    for (const path of ['a', 'b']) await put(path, lines(5)).then(() => open(path))
    await client.call('close_file', { paths: ['a'] }, { lost: true })
    await client.call('read_file', { paths: ['b'], lines: '1-2' })
    await client.call('write_file', { path: 'c', content: 'x\n' })
    await client.restart()
    await client.read()
    expect([...client.shown().keys()].sort()).toEqual(['b', 'c'])
  })

  test('that closed and opened a file leaves nothing of the old view', async () => {
    await put('a', lines(5))
    await open('a')
    await client.call('close_file', { paths: ['a'] }, { lost: true })
    await open('a', '4-5')
    await client.read()
    expect(numbersOf('a')).toEqual([4, 5])
  })
})

test('calls that run side by side are all known to the state that is the newest, and to a server that takes it up', async () => {
  await Promise.all([put('a', 'a\n'), put('big', 'line\n'.repeat(200_000)), put('b', 'b\n'), put('c', 'c\n')])
  await Promise.all([
    client.call('read_file', { paths: ['a', 'big', 'b'] }),
    client.call('read_file', { paths: ['c'] }),
  ])
  await client.restart()
  await Promise.all(['a', 'b', 'c'].map((name) => put(name, 'changed\n')))
  await client.read()
  expect(['a', 'b', 'c'].map((name) => client.shown().get(name)?.lines.get(1))).toEqual([
    'changed',
    'changed',
    'changed',
  ])
})

describe('after a restart', () => {
  test('what has changed is told by hunks, from the texts in the spool', async () => {
    await put('a', lines(5))
    await open('a')
    await client.close()
    await client.restart()
    await put('a', lines(5, { 2: 'two' }))
    expect(await client.read()).toMatchObject([{ kind: 'drifted', edit: { hunks: [{ oldStart: 2 }] } }])
  })

  test('without the spool it is told by a fresh view, and nothing when nothing has changed', async () => {
    for (const path of ['a', 'b']) await put(path, lines(5)).then(() => open(path, '2-3'))
    await client.close()
    await rm(join(folder, 'state/spool'), { recursive: true })
    await client.restart()
    await put('a', lines(5, { 2: 'two' }))
    expect(await client.read()).toMatchObject([{ kind: 'opened', key: 'a', view: { ranges: [{ start: 2 }] } }])
    expect(numbersOf('a')).toEqual([2, 3])
  })

  test('a file that was shown to its end is shown to its end, also one that was empty', async () => {
    for (const path of ['a', 'b']) await put(path, '').then(() => open(path))
    await client.close()
    await rm(join(folder, 'state/spool'), { recursive: true })
    await client.restart()
    await client.call('edit_file', { path: 'a', edits: [{ new_text: 'one\n', insert: 'after' }] })
    await client.restart()
    for (const path of ['a', 'b']) await put(path, lines(3))
    await client.read()
    expect(numbersOf('a')).toEqual([1, 2, 3])
    expect(numbersOf('b')).toEqual([1, 2, 3])
  })

  test('so is one whose last line was too long to be shown whole', async () => {
    const tooLong = 'long '.repeat(500)
    for (const text of [tooLong, `one\n${tooLong}\n`]) {
      await put('a', text)
      await open('a')
      await client.close()
      await rm(join(folder, 'state/spool'), { recursive: true })
      await client.restart()
      await put('a', lines(4))
      await client.read()
      const partly = client.shown().get('a')?.columns.keys() ?? []
      expect([...numbersOf('a'), ...partly].sort()).toEqual([1, 2, 3, 4])
    }
  })

  test('a text that was tampered with is not believed', async () => {
    await put('a', lines(5))
    await open('a')
    await client.close()
    const spool = join(folder, 'state/spool')
    const [name = ''] = await readdir(spool)
    await writeFile(join(spool, name), lines(5, { 4: 'forged' }))
    await client.restart()
    await put('a', lines(5, { 2: 'two' }))
    expect(await client.read()).toMatchObject([{ kind: 'opened', view: { lineCount: 5 } }])
  })

  test('the spool is for its owner alone', async () => {
    await put('a', lines(5))
    await open('a')
    await client.close()
    const spool = join(folder, 'state/spool')
    expect((await stat(spool)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(spool)) expect((await stat(join(spool, name))).mode & 0o777).toBe(0o600)
  })

  test('an edit goes on where the model was', async () => {
    await put('a', lines(20))
    await open('a')
    await client.close()
    await client.restart()
    await put('a', `new\n${lines(20)}`)
    const { ok } = await client.call('edit_file', {
      path: 'a',
      edits: [{ lines: '3-6', first_line: 'line 3', last_line: 'line 6', new_text: 'x' }],
    })
    expect(ok).toBe(true)
    await client.read()
    expect(numbersOf('a').map((number) => client.shown().get('a')?.lines.get(number))).toEqual(
      (await readFile(join(root, 'a'), 'utf8')).trimEnd().split('\n'),
    )
  })
})

describe('a state that no client of ours carries', () => {
  const hash = 'a'.repeat(64)
  const file = { k: 'a', h: hash, r: 1, l: '1-3' }

  test.each<[string, unknown]>([
    ['is no object', 'state'],
    ['is empty', {}],
    ['is of another version', { v: 2, r: 1, f: [] }],
    ['has a hash that is a path', { v: 1, r: 1, f: [{ ...file, h: '../../../../etc/passwd' }] }],
    ['has lines that are none', { v: 1, r: 1, f: [{ ...file, l: '1-x' }] }],
    ['has ten thousand keys', { v: 1, r: 1, f: Array.from({ length: 10_000 }, (_, at) => ({ ...file, k: `a${at}` })) }],
    ['is deep', JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
    ['has a negative revision', { v: 1, r: -1, f: [] }],
  ])('%s and is ignored', async (_, state) => {
    client.setState(state)
    await put('a', lines(5))
    expect(await client.read()).toEqual([])
    expect(log.warn).toHaveBeenCalled()
    expect((await open('a')).ok).toBe(true)
  })

  test('names what lies outside, which is not opened', async () => {
    await writeFile(join(folder, 'secret'), 'secret\n')
    await symlink('../secret', join(root, 'link'))
    const keys = ['../secret', '/etc/passwd', 'link', 'a\0b']
    client.setState({ v: 1, r: 1, f: keys.map((k) => ({ ...file, k })) })
    const changes = await client.read()
    expect(changes).toEqual(keys.map((key) => ({ kind: 'closed', key })))
    expect(log.warn).toHaveBeenCalled()
  })

  test('says that more is shown than there is', async () => {
    await put('a', lines(5))
    client.setState({ v: 1, r: 1, f: [{ ...file, r: 0, l: '1-999999999', c: '999999999:1-999999999' }] })
    expect(await client.read()).toMatchObject([{ kind: 'opened', key: 'a' }])
    expect(numbersOf('a')).toEqual([1, 2, 3, 4, 5])
  })

  test('names one file twice', async () => {
    await put('a', lines(5))
    client.setState({ v: 1, r: 1, f: [file, { ...file, k: './a' }, file] })
    await client.read()
    expect([...client.shown().keys()]).toEqual(['a'])
  })
})

test('files that do not fit into the state are closed, those used longest ago first', async () => {
  const count = 40
  await mkdir(join(root, 'd'.repeat(200)))
  for (let index = 0; index < count; index += 1) {
    const path = `${'d'.repeat(200)}/${index}${'f'.repeat(240)}`
    await put(path, lines(120))
    const ranges = Array.from({ length: 55 }, (_, at) => `${at * 2 + 1}`).join()
    await open(path, ranges)
    expect(JSON.stringify(client.state()).length).toBeLessThanOrEqual(panelStateCharsMax)
  }
  const names = [...client.shown().keys()].map((key) => Number.parseInt(key.slice(201), 10))
  expect(names.length).toBeLessThan(count)
  expect(names).toEqual(Array.from({ length: names.length }, (_, at) => count - names.length + at))
})

describe('when there is too much to remember', () => {
  const remembered = 15_000
  let small: PanelClient

  beforeEach(async () => {
    const options = { roots: [root], stateDir: join(folder, 'small'), flags: {}, log }
    small = await createPanelClient(options, (each) => createFilesFamily(each, { charsMax: remembered }))
    for (const path of ['a', 'b', 'c']) {
      await put(path, lines(1_000))
      await small.call('read_file', { paths: [path] })
    }
  })

  afterEach(() => small.close())

  test('the files used longest ago are closed, and the client is told by the next read', async () => {
    expect([...small.shown().keys()]).toEqual(['a', 'b', 'c'])
    expect((await small.read()).map(({ kind, key }) => `${kind} ${key}`)).toEqual(['closed a', 'closed b'])
    await put('c', lines(1_000, { 7: 'seven' }))
    expect(await small.read()).toHaveLength(1)
  })

  test('a file that was closed so and is opened in part shows no more than that part', async () => {
    await small.call('read_file', { paths: ['a'], lines: '3-4' })
    await small.read()
    expect([...(small.shown().get('a')?.lines.keys() ?? [])]).toEqual([3, 4])
  })

  test('a conversation that was forgotten goes on with the state of its client', async () => {
    small.fork()
    await small.call('read_file', { paths: ['c'] })
    await put('c', lines(1_000, { 3: 'three' }))
    expect(await small.read()).toMatchObject([{ kind: 'closed' }, { kind: 'closed' }, { kind: 'drifted', key: 'c' }])
  })
})
