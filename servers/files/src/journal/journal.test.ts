import { link, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectStdio } from '@auroracoder/kit/client'
import { createJail } from '@auroracoder/kit/jail'
import { metaKeys } from '@auroracoder/kit/wire'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLocks } from '../disk/lock.js'
import { createPanelClient, type PanelClient } from '../panel/client.fixture.js'
import { bundleOf } from './bundle.fixture.js'
import { createJournal } from './journal.js'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const revision = '2026-07-28'
const key = 'run/1/call'
const original = 'one\ntwo\n'
let folder: string
let root: string
let stateDir: string
let client: PanelClient

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-journal-')))
  root = join(folder, 'root')
  stateDir = join(folder, 'state')
  await mkdir(root)
  await put('a', original)
  client = await createPanelClient({ roots: [root], stateDir, flags: {}, log })
})

afterEach(async () => {
  await client.close()
  await rm(folder, { recursive: true, force: true })
})

const put = (path: string, text: string): Promise<void> => writeFile(join(root, path), text)
const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8')
/** An edit that would show if it were made twice. */
const append = { path: 'a', edits: [{ insert: 'after', new_text: 'three' }] }
const appended = `${original}three\n`

describe('a call that is sent again with its key', () => {
  test('changes nothing, and is answered as it was', async () => {
    const first = await client.call('edit_file', append, { key })
    const again = await client.call('edit_file', append, { key })
    expect(await text('a')).toBe(appended)
    expect(again.ok).toBe(true)
    expect(again.text.split('\n')[0]).toBe(first.text.split('\n')[0])
    await client.call('edit_file', append, { key: 'run/1/other' })
    expect(await text('a')).toBe(`${appended}three\n`)
  })

  test('is answered so after a restart on another branch, where the panel learns of the change', async () => {
    await client.call('read_file', { paths: ['a'] })
    await client.call('edit_file', append, { key, lost: true })
    await client.restart()
    client.fork()
    const { ok, changes } = await client.call('edit_file', append, { key })
    expect(ok).toBe(true)
    expect(changes).toMatchObject([{ kind: 'edited', key: 'a', edit: { hunks: [{ lines: ['three'] }] } }])
    await client.read()
    expect(client.shown().get('a')?.lines.get(3)).toBe('three')
    expect(await text('a')).toBe(appended)
  })

  test('shows what others have made of the file since', async () => {
    const args = { path: 'new', content: 'mine\n' }
    await client.call('write_file', args, { key, lost: true })
    await put('new', 'theirs\n')
    await client.restart()
    client.fork()
    const { ok } = await client.call('write_file', args, { key })
    expect(ok).toBe(true)
    expect(await text('new')).toBe('theirs\n')
    expect(client.shown().get('new')?.lines.get(1)).toBe('theirs')
  })

  test('twice at once changes the file once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => client.call('edit_file', append, { key })))
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true])
    expect(await text('a')).toBe(appended)
  })

  test('is tried again when it was refused', async () => {
    const refused = await client.call('edit_file', { path: 'a', edits: [{ old_text: 'x', new_text: 'y' }] }, { key })
    expect(refused.ok).toBe(false)
    expect((await client.call('edit_file', append, { key })).ok).toBe(true)
    expect(await text('a')).toBe(appended)
  })

  test('is tried again when its write failed', async () => {
    await put('b', 'x')
    const args = { path: 'b/c', content: 'x' }
    expect((await client.call('write_file', args, { key })).ok).toBe(false)
    await rm(join(root, 'b'))
    expect((await client.call('write_file', args, { key })).ok).toBe(true)
    expect(await text('b/c')).toBe('x')
  })
})

describe('a state folder that cannot be written', () => {
  test('refuses calls with a key, which could not be answered again, and no others', async () => {
    await client.close()
    await rm(stateDir, { recursive: true, force: true })
    await writeFile(stateDir, 'a file where the folder should be')
    const { ok, text: reason } = await client.call('edit_file', append, { key })
    expect(ok).toBe(false)
    expect(reason).toContain('Nothing was written')
    expect(await text('a')).toBe(original)
    expect((await client.call('edit_file', append)).ok).toBe(true)
  })
})

describe('killed at any point and sent again', () => {
  let bundles: string
  let server: string

  beforeAll(async () => {
    bundles = await mkdtemp(join(tmpdir(), 'files-bundle-'))
    server = await bundleOf(new URL('./dying-server.fixture.ts', import.meta.url), bundles)
  })

  afterAll(async () => {
    await rm(bundles, { recursive: true })
  })

  /** Calls a server that dies right before its n-th change to the disk. False: it had no more to do. */
  async function dies(name: string, args: Record<string, unknown>, killAt: number): Promise<boolean> {
    const script = `(await import(process.argv[1])).main(...process.argv.slice(2))`
    const argv = ['--input-type=module', '--eval', script, '--', server, root, stateDir, String(killAt)]
    const clientInfo = { name: 'auroracoder', version: '1' }
    const connection = await connectStdio({ command: process.execPath, args: argv }, { clientInfo, revision })
    const meta = { [metaKeys.conversation]: 'session', [metaKeys.call]: { key, step: 'run/1' } }
    const signal = new AbortController().signal
    const answer = await connection.callTool({ name, args, meta, signal }).catch(() => undefined)
    if (answer) expect(answer.ok).toBe(true)
    else await connection.closed
    await connection.close()
    return answer === undefined
  }

  test.each<[string, string, Record<string, unknown>, string, string]>([
    ['an edit is made exactly once', 'edit_file', append, 'a', appended],
    ['a file is written exactly once', 'write_file', { path: 'dir/new', content: 'x\n' }, 'dir/new', 'x\n'],
  ])(
    '%s',
    async (_, name, args, path, expected) => {
      const seen = new Set<string>()
      let killAt = 1
      for (; await dies(name, args, killAt); killAt += 1) {
        const before = await text(path).catch(() => 'nothing')
        seen.add(before)
        expect([original, 'nothing', expected]).toContain(before)
        await client.restart()
        const again = await client.call(name, args, { key })
        expect(again.ok).toBe(true)
        expect(await text(path)).toBe(expected)
        // What was written may not be written again, whoever has changed it since.
        await put(path, 'changed since')
        await client.call(name, args, { key })
        expect(await text(path)).toBe('changed since')
        await client.close()
        await rm(join(root, 'dir'), { recursive: true, force: true })
        await rm(stateDir, { recursive: true, force: true })
        await put('a', original)
      }
      // It has died before the write as well as after it.
      expect(seen.size).toBe(2)
      expect(killAt).toBeGreaterThan(6)
      await client.restart()
      expect(await readdir(join(root, path, '..'))).not.toEqual(expect.arrayContaining([expect.stringMatching(/tmp$/)]))
    },
    180_000,
  )
})

describe('a call that was cut short', () => {
  /** As a crash between the intent and the result leaves it. */
  async function cutShort(found: string): Promise<void> {
    await client.call('edit_file', append, { key })
    const journal = join(stateDir, 'journal')
    const [name = ''] = await readdir(journal)
    const record = await readFile(join(journal, name), 'utf8')
    await writeFile(join(journal, name), record.slice(0, record.indexOf('\n') + 1))
    await put('a', found)
  }

  test('is not repeated when nobody can tell whether it was made', async () => {
    await cutShort('somebody else\n')
    const { ok, text: reason } = await client.call('edit_file', append, { key })
    expect(ok).toBe(false)
    expect(reason).toContain('whether it changed "a" cannot be told')
    expect(await text('a')).toBe('somebody else\n')
  })

  test.each([
    ['made', appended],
    ['not made', original],
  ])('and was %s ends with the change made', async (_, found) => {
    await cutShort(found)
    expect((await client.call('edit_file', append, { key })).ok).toBe(true)
    expect(await text('a')).toBe(appended)
  })

  test('while its intent was written had not begun', async () => {
    await cutShort(original)
    const journal = join(stateDir, 'journal')
    const [name = ''] = await readdir(journal)
    const record = await readFile(join(journal, name), 'utf8')
    for (const part of ['', '{', record.slice(0, -2), record.slice(0, -1)]) {
      await writeFile(join(journal, name), part)
      await put('a', original)
      expect((await client.call('edit_file', append, { key })).ok).toBe(true)
      expect(await text('a')).toBe(appended)
    }
  })
})

test('records are for their owner alone, and a key is no path', async () => {
  await client.call('edit_file', append, { key: '../../../escape' })
  const journal = join(stateDir, 'journal')
  const names = await readdir(journal)
  expect(names).toHaveLength(1)
  expect((await stat(journal)).mode & 0o777).toBe(0o700)
  expect((await stat(join(journal, names[0] ?? ''))).mode & 0o777).toBe(0o600)
})

test('old records are swept, and as many of the others as are too many', async () => {
  const journal = join(stateDir, 'journal')
  await mkdir(journal, { recursive: true })
  const day = 24 * 3_600_000
  for (const [name, days] of [
    ['old', 8],
    ['first', 3],
    ['second', 2],
    ['third', 1],
  ] as const) {
    const at = new Date(Date.now() - days * day)
    await writeFile(join(journal, name), 'x'.repeat(100))
    await utimes(join(journal, name), at, at)
  }
  const jail = await createJail([root])
  const shared = { jail, locks: createLocks(), stateDir, nowMs: Date.now, log }
  await createJournal(shared).swept()
  expect((await readdir(journal)).sort()).toEqual(['first', 'second', 'third'])
  await createJournal({ ...shared, limits: { recordsMax: 2, bytesMax: 1_000, ageMsMax: 7 * day } }).swept()
  expect((await readdir(journal)).sort()).toEqual(['second', 'third'])
  await createJournal({ ...shared, limits: { recordsMax: 2, bytesMax: 150, ageMsMax: 7 * day } }).swept()
  expect(await readdir(journal)).toEqual(['third'])
})

test('an edit of a file with several links is made once as well', async () => {
  await link(join(root, 'a'), join(root, 'b'))
  await client.call('edit_file', append, { key })
  await client.restart()
  await client.call('edit_file', append, { key })
  expect(await text('b')).toBe(appended)
})
