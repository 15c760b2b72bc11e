import { statSync } from 'node:fs'
import {
  chmod,
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
import { createJail, type Jail } from '@auroracoder/kit/jail'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statEntry } from './entry.js'
import { type Moving, moveEntry } from './move.js'
import { createTempFiles, type TempFiles } from './temp-files.js'

const otherDisk = '/dev/shm'

let folder: string
let root: string
let other: string
let jail: Jail
let temps: TempFiles

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-move-')))
  other = isOtherDisk() ? await mkdtemp(join(otherDisk, 'files-move-')) : join(folder, 'other')
  root = join(folder, 'root')
  await mkdir(root)
  await mkdir(other, { recursive: true })
  jail = await createJail([root, other])
  temps = createTempFiles({ stateDir: join(folder, 'state'), log: { debug() {}, info() {}, warn() {}, error() {} } })
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await rm(other, { recursive: true, force: true })
})

async function moving(from: string, to: string, more: Partial<Moving> = {}): Promise<Moving> {
  const stats = await statEntry(jail, from)
  if (!stats) throw new Error(`no ${from}`)
  return { jail, temps, from, to, stats, overwrite: false, signal: new AbortController().signal, ...more }
}

describe('between the check and the move', () => {
  test('a file that comes to the new path is not replaced', async () => {
    await writeFile(join(root, 'a'), 'a')
    const move = await moving(join(root, 'a'), join(root, 'b'))
    await writeFile(join(root, 'b'), 'precious')
    await expect(moveEntry(move)).rejects.toThrow('something has come to stand there just now')
    expect(String(await readFile(join(root, 'b')))).toBe('precious')
    expect(String(await readFile(join(root, 'a')))).toBe('a')
  })

  test('a directory that comes to the new path is not replaced, nor is a file by a directory', async () => {
    await mkdir(join(root, 'dir/sub'), { recursive: true })
    for (const overwrite of [false, true]) {
      const move = await moving(join(root, 'dir'), join(root, 'b'), { overwrite })
      await mkdir(join(root, 'b/precious'), { recursive: true })
      await expect(moveEntry(move)).rejects.toThrow('just now')
      await rm(join(root, 'b'), { recursive: true })
      await writeFile(join(root, 'b'), 'precious')
      await expect(moveEntry(move)).rejects.toThrow('just now')
      await rm(join(root, 'b'))
    }
    expect(await readdir(join(root, 'dir'))).toEqual(['sub'])
  })

  test('a directory that comes to the new path of a file is not replaced', async () => {
    await writeFile(join(root, 'a'), 'a')
    const move = await moving(join(root, 'a'), join(root, 'b'), { overwrite: true })
    await mkdir(join(root, 'b'))
    await expect(moveEntry(move)).rejects.toThrow('it is a directory')
    expect(await readdir(root)).toEqual(['a', 'b'])
  })

  test('a parent that became a symlink out of the roots is noticed', async () => {
    await mkdir(join(root, 'dir'))
    await mkdir(join(folder, 'outside'))
    await writeFile(join(root, 'a'), 'a')
    const move = await moving(join(root, 'a'), join(root, 'dir/a'))
    await rename(join(root, 'dir'), join(root, 'moved'))
    await symlink(join(folder, 'outside'), join(root, 'dir'))
    await expect(moveEntry(move)).rejects.toThrow('replaced just now')
    expect(await readdir(join(folder, 'outside'))).toEqual([])
  })

  test('what has gone is told', async () => {
    await writeFile(join(root, 'a'), 'a')
    const move = await moving(join(root, 'a'), join(root, 'b'))
    await rm(join(root, 'a'))
    await expect(moveEntry(move)).rejects.toThrow('removed by someone else')
    expect(await readdir(root)).toEqual([])
  })
})

describe.skipIf(!isOtherDisk())('to another file system', () => {
  const content = Buffer.alloc(3_000_000, 'content\n')

  test('a file goes whole, with mode and times', async () => {
    const path = join(root, 'a')
    await writeFile(path, content)
    await chmod(path, 0o4751)
    const before = await stat(path)
    await moveEntry(await moving(path, join(other, 'b')))
    const after = await stat(join(other, 'b'))
    expect(after.mode).toBe(before.mode)
    expect(Math.abs(after.mtimeMs - before.mtimeMs)).toBeLessThan(1)
    expect((await readFile(join(other, 'b'))).equals(content)).toBe(true)
    expect(await readdir(root)).toEqual([])
    expect(await readdir(other)).toEqual(['b'])
  })

  test('a file does not replace another, unless it may', async () => {
    await writeFile(join(root, 'a'), 'a')
    const move = await moving(join(root, 'a'), join(other, 'b'))
    await writeFile(join(other, 'b'), 'precious')
    await expect(moveEntry(move)).rejects.toThrow('something has come to stand there')
    expect(String(await readFile(join(other, 'b')))).toBe('precious')
    await moveEntry({ ...move, overwrite: true })
    expect(String(await readFile(join(other, 'b')))).toBe('a')
    expect(await readdir(other)).toEqual(['b'])
    expect(await readdir(root)).toEqual([])
  })

  test('a file with several links takes its content and leaves the others', async () => {
    await writeFile(join(root, 'a'), 'a')
    await link(join(root, 'a'), join(root, 'c'))
    await moveEntry(await moving(join(root, 'a'), join(other, 'b')))
    expect(await readdir(root)).toEqual(['c'])
  })

  test('a directory or a symlink stays, and the message says what to use instead', async () => {
    await mkdir(join(root, 'dir/sub'), { recursive: true })
    await symlink('dir', join(root, 'link'))
    for (const name of ['dir', 'link']) {
      await expect(moveEntry(await moving(join(root, name), join(other, 'b')))).rejects.toThrow('(mv)')
    }
    expect(await readdir(root)).toEqual(['dir', 'link'])
    expect(await readdir(other)).toEqual([])
  })

  test('a cancelled copy leaves nothing behind', async () => {
    await writeFile(join(root, 'a'), content)
    const move = await moving(join(root, 'a'), join(other, 'b'), { signal: AbortSignal.abort() })
    await expect(moveEntry(move)).rejects.toThrow()
    expect(await readdir(root)).toEqual(['a'])
    expect(await readdir(other)).toEqual([])
  })
})

function isOtherDisk(): boolean {
  const shared = statSync(otherDisk, { throwIfNoEntry: false })
  return shared !== undefined && shared.dev !== statSync(tmpdir()).dev
}
