import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bytesOf } from '../text/bytes.js'
import { createSpool, type Spool } from './spool.js'

const log = { debug() {}, info() {}, warn: vi.fn(), error() {} }
let stateDir: string
let folder: string

beforeEach(async () => {
  log.warn.mockClear()
  stateDir = await mkdtemp(join(tmpdir(), 'files-spool-'))
  folder = join(stateDir, 'spool')
})

afterEach(async () => {
  await rm(stateDir, { recursive: true, force: true })
})

const contentOf = (letter: string, size = 1_000) => {
  const bytes = Buffer.alloc(size, letter)
  return { bytes, hash: createHash('sha256').update(bytes).digest('hex') }
}

async function keep(spool: Spool, letter: string, size?: number): Promise<string> {
  const content = contentOf(letter, size)
  spool.keep({ ...content, bytes: bytesOf(content.bytes) })
  await spool.settled()
  return content.hash
}

describe('the spool', () => {
  test('gives back what was kept, also to another process', async () => {
    const hash = await keep(createSpool({ stateDir, log }), 'a')
    expect(await createSpool({ stateDir, log }).get(hash)).toEqual(contentOf('a').bytes)
    expect(await createSpool({ stateDir, log }).get(contentOf('b').hash)).toBeUndefined()
  })

  test('drops what was used longest ago when it holds too much, and takes it up again', async () => {
    const spool = createSpool({ stateDir, bytesMax: 5_000, log })
    const hashes: string[] = []
    for (const [index, letter] of [...'abcde'].entries()) {
      const hash = await keep(spool, letter)
      hashes.push(hash)
      const usedAt = new Date(Date.now() - (10 - index) * 60_000)
      await utimes(join(folder, hash), usedAt, usedAt)
    }
    await spool.get(hashes[0] ?? '')
    await keep(spool, 'f')
    const left = await readdir(folder)
    expect(left).toHaveLength(4)
    expect(left).toContain(hashes[0])
    expect(left).not.toContain(hashes[1])
    expect(await keep(spool, 'b')).toBe(hashes[1])
    expect(await spool.get(hashes[1] ?? '')).toBeDefined()
  })

  test('does not take a file that would push out most others', async () => {
    await keep(createSpool({ stateDir, bytesMax: 5_000, log }), 'a', 2_000)
    expect(await readdir(stateDir)).toEqual([])
  })

  test('removes what a killed process has written in part, when that is old', async () => {
    await mkdir(folder)
    const [fresh, old] = [join(folder, 'fresh.part'), join(folder, 'old.part')]
    for (const path of [fresh, old]) await writeFile(path, 'x')
    const usedAt = new Date(Date.now() - 2 * 60 * 60_000)
    await utimes(old, usedAt, usedAt)
    const hash = await keep(createSpool({ stateDir, log }), 'a')
    expect((await readdir(folder)).sort()).toEqual([hash, 'fresh.part'].sort())
  })

  test('follows no symlink, and believes no hash', async () => {
    await mkdir(folder)
    const { hash, bytes } = contentOf('a')
    await writeFile(join(stateDir, 'elsewhere'), bytes)
    await symlink('../elsewhere', join(folder, hash))
    expect(await createSpool({ stateDir, log }).get(hash)).toBeUndefined()
    await writeFile(join(folder, contentOf('b').hash), 'forged')
    expect(await createSpool({ stateDir, log }).get(contentOf('b').hash)).toBeUndefined()
  })

  test('that cannot be written costs a log line and nothing else', async () => {
    await writeFile(folder, 'a file where the folder should be')
    const hash = await keep(createSpool({ stateDir, log }), 'a')
    expect(log.warn).toHaveBeenCalledTimes(1)
    expect(await createSpool({ stateDir, log }).get(hash)).toBeUndefined()
  })
})
