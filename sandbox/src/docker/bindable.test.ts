import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkBindable } from './bindable.js'

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bindable-')))
})
afterEach(() => rm(folder, { recursive: true }))

const check = (workspace: string) =>
  checkBindable(workspace, { apart: { folder: join(folder, 'data'), open: join(folder, 'data', 'scratch') } })

test('the folder of a project, and a scratch folder of the service, may be given', async () => {
  await mkdir(join(folder, 'project'))
  await expect(check(join(folder, 'project'))).resolves.toBeUndefined()
  await expect(check(join(folder, 'data', 'scratch', 'ses_1'))).resolves.toBeUndefined()
  await expect(check(join(homedir(), 'project'))).resolves.toBeUndefined()
})

test.each([
  ['/', /is or holds/],
  ['/etc', /is in \/etc/],
  ['/etc/ssl', /is in \/etc/],
  ['/usr/src/project', /is in \/usr/],
  ['/run/user/1000', /is in/],
  ['/var', /holds/],
  ['/proc/1', /is in \/proc/],
  [homedir(), /is or holds/],
  [dirname(homedir()), /is or holds/],
  [join(homedir(), '.ssh'), /is in/],
  [join(homedir(), '.config', 'x'), /is in/],
])('%s is refused', async (workspace, reason) => {
  await expect(check(workspace)).rejects.toThrow(reason)
})

test('the data directory is refused, with what is in it and what holds it', async () => {
  await mkdir(join(folder, 'data', 'scratch'), { recursive: true })
  await expect(check(join(folder, 'data'))).rejects.toThrow('is in')
  await expect(check(join(folder, 'data', 'credentials'))).rejects.toThrow('is in')
  await expect(check(join(folder, 'data', 'scratch'))).rejects.toThrow('is in')
  await expect(check(folder)).rejects.toThrow('is or holds')
})

test('a folder that is apart is found through a link to it', async () => {
  await mkdir(join(folder, 'real', 'scratch'), { recursive: true })
  await symlink(join(folder, 'real'), join(folder, 'data'))
  await expect(check(join(folder, 'real', 'token'))).rejects.toThrow('is in')
})

test('a path that the engine would read as two is refused', async () => {
  await expect(check(join(folder, 'a:b'))).rejects.toThrow('colon')
})
