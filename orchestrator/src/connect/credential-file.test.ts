import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createCredentialFile } from './credential-file.js'

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-credentials-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'kept', 'token.json')
}

test('tokens are kept for the owner alone, and nothing else is left', async () => {
  const file = await place()
  await createCredentialFile(file).write({ token: 'one' })
  await createCredentialFile(file).write({ token: 'two' })
  expect(await createCredentialFile(file).read()).toEqual({ token: 'two' })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(file, '..'))).toEqual(['token.json'])
})

test('a file that is not there or broken holds nothing', async () => {
  const file = await place()
  const store = createCredentialFile(file)
  expect(await store.read()).toBeUndefined()
  await store.write({})
  await writeFile(file, '{"half')
  expect(await store.read()).toBeUndefined()
})
