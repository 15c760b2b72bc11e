import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDataFolder } from './data-folder.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aurora-data-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('every missing level is made, for its user alone, and making it again changes nothing', async () => {
  const dataDir = join(folder, 'a', 'b', 'c')
  await makeDataFolder(dataDir, 'instances')
  await makeDataFolder(dataDir, 'instances')
  for (const path of [join(folder, 'a'), dataDir, join(dataDir, 'instances')]) {
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  }
})

test('several may make the same folder at once', async () => {
  const dataDir = join(folder, 'x', 'y')
  await Promise.all(Array.from({ length: 20 }, (_, index) => makeDataFolder(dataDir, `n${index % 3}`)))
  expect((await stat(join(dataDir, 'n0'))).isDirectory()).toBe(true)
})

test('a link to a folder is as good as the folder', async () => {
  await symlink(folder, join(folder, 'link'))
  await makeDataFolder(join(folder, 'link'), 'instances')
  expect((await stat(join(folder, 'instances'))).isDirectory()).toBe(true)
})

test.skipIf(process.platform !== 'linux').each(['/proc/x', '/proc/1/x/y', '/dev/null/x', '/sys/x'])(
  'below %s nothing can be made, and that is told within a second',
  { timeout: 1_000 },
  async (dataDir) => {
    await expect(makeDataFolder(dataDir, 'instances')).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(`The data directory ${dataDir} cannot be used .*use another --data-dir`),
    })
  },
)

test('a file in the way, and a link that leads nowhere, are told', async () => {
  await writeFile(join(folder, 'file'), '')
  await symlink(join(folder, 'gone', 'deeper'), join(folder, 'dangling'))
  for (const name of ['file', 'dangling']) {
    await expect(makeDataFolder(join(folder, name))).rejects.toMatchObject({ code: 'storage_failed' })
  }
})
