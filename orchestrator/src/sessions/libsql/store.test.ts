import { chmod, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventStoreSuite } from '../event-store.suite.js'
import { openLibsqlStore } from './store.js'

eventStoreSuite('libSQL', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aurora store #ü? '))
  return {
    open: (now) => openLibsqlStore({ file: join(folder, 'events.db'), now }),
    dispose: () => rm(folder, { recursive: true }),
  }
})

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aurora-store-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('writes ahead and syncs fully, so that what was acknowledged survives a power cut', async () => {
  const file = join(folder, 'events.db')
  const store = await openLibsqlStore({ file, now: Date.now })
  const client = createClient({ url: pathToFileURL(file).href })
  expect((await client.execute('PRAGMA journal_mode')).rows[0]).toEqual({ journal_mode: 'wal' })
  client.close()
  await store.close()
})

test('is for its user alone, also in a folder that others may enter', async () => {
  await chmod(folder, 0o755)
  const store = await openLibsqlStore({ file: join(folder, 'events.db'), now: Date.now })
  await store.acquire({ session: 'ses_1', owner: 'a', ttlMs: 1_000 })
  const files = await readdir(folder)
  expect(files).toContain('events.db-wal')
  for (const name of files) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0)
  await store.close()
})

test('a file of a newer format is refused and left as it is', async () => {
  const file = join(folder, 'events.db')
  const client = createClient({ url: pathToFileURL(file).href })
  await client.execute('PRAGMA user_version = 99')
  await expect(openLibsqlStore({ file, now: Date.now })).rejects.toThrow(/newer version \(format 99/)
  expect((await client.execute('SELECT count(*) AS tables FROM sqlite_master')).rows[0]).toEqual({ tables: 0 })
  client.close()
})

test('a store that is closed says so, and is closed once', async () => {
  const store = await openLibsqlStore({ file: join(folder, 'events.db'), now: Date.now })
  const pending = store.tail('ses_1')
  await Promise.all([store.close(), store.close()])
  expect(await pending).toBe(0)
  await expect(store.tail('ses_1')).rejects.toMatchObject({ code: 'storage_failed', message: /closed/ })
})

test('a file that is removed or replaced takes no more appends, and says so', async () => {
  const file = join(folder, 'events.db')
  const store = await openLibsqlStore({ file, now: Date.now })
  await store.acquire({ session: 'ses_1', owner: 'a', ttlMs: 1_000 })
  await store.check()
  await rename(file, join(folder, 'moved.db'))
  const refusal = { code: 'storage_failed', message: /removed or replaced/ }
  await expect(store.check()).rejects.toMatchObject(refusal)
  await rename(join(folder, 'moved.db'), file)
  await expect(store.append({ session: 'ses_1', expectedSeq: 0, epoch: 1, events: [] })).rejects.toMatchObject(refusal)
  await expect(store.acquire({ session: 'ses_2', owner: 'a', ttlMs: 1_000 })).rejects.toMatchObject(refusal)
  await store.close()
})

test('a file that is no database, and a folder that is not there, are told as such', async () => {
  const file = join(folder, 'events.db')
  await writeFile(file, 'This is a diary, not a database. '.repeat(100))
  await expect(openLibsqlStore({ file, now: Date.now })).rejects.toMatchObject({
    code: 'storage_failed',
    message: /damaged/,
  })
  await expect(openLibsqlStore({ file: join(folder, 'none', 'x.db'), now: Date.now })).rejects.toMatchObject({
    code: 'storage_failed',
    message: /must exist and be writable/,
  })
})
