import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filesServer } from '../server.js'
import { createPanelClient, type PanelClient } from './client.fixture.js'

const log = { debug() {}, info() {}, warn() {}, error() {} }
let folder: string
let root: string
let client: PanelClient

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-crowding-')))
  root = join(folder, 'root')
  await mkdir(root)
})

afterEach(async () => {
  await client.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(flags: Record<string, string> = {}): Promise<void> {
  client = await createPanelClient({ roots: [root], stateDir: join(folder, 'state'), flags, log })
}

/** Opens files of so many characters, a line end included; gives what was said beside. */
async function openFiles(count: number, chars = 10, prefix = 'f'): Promise<string[]> {
  const notes: string[] = []
  for (let index = 1; index <= count; index += 1) {
    await writeFile(join(root, `${prefix}${index}`), `${'x'.repeat(chars / 10 - 1)}\n`.repeat(10))
    notes.push(...(await client.call('read_file', { paths: [`${prefix}${index}`] })).notes)
  }
  return notes
}

describe('a warning', () => {
  test('comes once, when more files are open than are good, and again when it happens again', async () => {
    await start()
    expect(await openFiles(5)).toEqual([])
    const [warning, ...more] = await openFiles(3, 20, 'g')
    expect(more).toEqual([])
    expect(warning).toContain('6 files are open with 70 characters shown; the largest: "g1" (20), "f1" (10)')
    expect(warning).toContain('close_file')
    expect(warning).toContain('"keep"')
    expect(warning).not.toContain('\n')
    await client.call('close_file', { keep: ['f1', 'f2'] })
    expect(await openFiles(3, 10, 'h')).toEqual([])
    expect(await openFiles(1, 10, 'i')).toHaveLength(1)
  })

  test('comes in a strong form for more than ten', async () => {
    await start()
    const notes = await openFiles(12)
    expect(notes).toHaveLength(2)
    expect(notes[1]).toContain('Too much is open: 11 files')
  })

  test('comes for few characters too many as well, in either form', async () => {
    await start()
    expect(await openFiles(1, 18_000, 'a')).toEqual([])
    expect(await openFiles(2, 18_000, 'b')).toHaveLength(1)
    await start({ 'warn-chars': '10,100' })
    const [warning] = await openFiles(1, 200, 'c')
    expect(warning).toContain('Too much is open')
  })

  test('is not repeated by a restart', async () => {
    await start({ 'warn-files': '1,10' })
    expect(await openFiles(2)).toHaveLength(1)
    await client.restart()
    await client.read()
    expect(await openFiles(1, 10, 'g')).toEqual([])
  })
})

test.each(['5', 'a,b', '10,5', '-1,5', ''])('limits that are none refuse to start: %j', async (value) => {
  await start()
  const options = { roots: [root], stateDir: join(folder, 'state'), flags: { 'warn-files': value }, log }
  await expect(filesServer.create(options)).rejects.toThrow('--warn-files must be two numbers in order')
})
