import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createJsonFile } from './index.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auroracoder-kept-'))
})
afterEach(() => rm(folder, { recursive: true }))

const schema = z.record(z.string(), z.string())
const open = () => createJsonFile({ file: join(folder, 'data', 'x.json'), schema, empty: {} })

test('a file that is not there is empty, and the first change makes it and its folder', async () => {
  const file = open()
  expect(await file.read()).toEqual({})
  await file.change((value) => ({ ...value, a: '1' }))
  expect(await open().read()).toEqual({ a: '1' })
})

test('the file is readable for its user alone, whatever the umask, and leaves no draft behind', async () => {
  const before = process.umask(0)
  try {
    await open().change(() => ({ a: '1' }))
  } finally {
    process.umask(before)
  }
  expect((await stat(join(folder, 'data', 'x.json'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'data'))).toEqual(['x.json'])
})

test('a file that others can read is closed when it is read', async () => {
  await open().change(() => ({ a: '1' }))
  await chmod(join(folder, 'data', 'x.json'), 0o644)
  await open().read()
  expect((await stat(join(folder, 'data', 'x.json'))).mode & 0o777).toBe(0o600)
})

test('changes made at once are made one after the other, also after one that failed', async () => {
  const file = open()
  const failing = file.change(() => {
    throw new Error('no')
  })
  const many = Array.from({ length: 20 }, (_, index) => file.change((value) => ({ ...value, [index]: 'x' })))
  await expect(failing).rejects.toThrow('no')
  await Promise.all(many)
  expect(Object.keys(await file.read())).toHaveLength(20)
})

for (const [what, text] of Object.entries({
  'no JSON': '{"a": "s3cret-value',
  'of another shape': '{"a": {"b": "s3cret-value"}}',
  empty: '',
})) {
  test(`a file that is ${what} is named, not quoted and not overwritten`, async () => {
    const file = open()
    await file.change(() => ({}))
    await writeFile(join(folder, 'data', 'x.json'), text)
    const problem = await file.change(() => ({ a: '2' })).catch((error: Error) => error.message)
    expect(problem).toMatch(/x\.json cannot be understood: .*left as it is/)
    expect(problem).not.toContain('s3cret')
    expect(await readFile(join(folder, 'data', 'x.json'), 'utf8')).toBe(text)
  })
}
