import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDailyLines, daysKept, waitingBytesMax } from './daily-lines.js'

const dayMs = 24 * 60 * 60_000
let folder: string
let time: number
const lost: unknown[] = []
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'auroracoder-lines-')), 'traces')
  time = Date.UTC(2026, 10, 27, 23, 59)
  lost.length = 0
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

const open = () => createDailyLines({ folder, now: () => time, onLost: (error) => lost.push(error) })

test('lines stand in the file of their day, in their order, readable for their user alone', async () => {
  const lines = open()
  for (let index = 0; index < 50; index += 1) lines.add({ index })
  time += 2 * 60_000
  lines.add({ index: 'next day' })
  await lines.close()
  expect((await readdir(folder)).toSorted()).toEqual(['2026-11-27.jsonl', '2026-11-28.jsonl'])
  const text = await readFile(join(folder, '2026-11-27.jsonl'), 'utf8')
  const found: { index: number }[] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(found.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  expect((await stat(join(folder, '2026-11-27.jsonl'))).mode & 0o777).toBe(0o600)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

test('a new line goes behind those of the process before, and the files of old days go', async () => {
  const first = open()
  first.add({ day: 0 })
  await first.close()
  await writeFile(join(folder, 'notes.jsonl'), 'mine')
  time += (daysKept - 1) * dayMs
  const second = open()
  second.add({ day: 1 })
  await second.close()
  expect(await readdir(folder)).toContain('2026-11-27.jsonl')
  time += dayMs
  second.add({ day: 2 })
  await second.close()
  expect((await readdir(folder)).toSorted()).toEqual(['2026-12-10.jsonl', '2026-12-11.jsonl', 'notes.jsonl'])
})

test('an old entry that cannot be removed, or a pipe in the place of the file, keeps nobody waiting', async () => {
  await mkdir(join(folder, '2020-01-02.jsonl'), { recursive: true })
  execFileSync('mkfifo', [join(folder, '2026-11-28.jsonl')])
  const lines = open()
  lines.add({ index: 0 })
  await lines.close()
  expect(await readFile(join(folder, '2026-11-27.jsonl'), 'utf8')).toBe('{"index":0}\n')
  expect(lost).toEqual([])
  time += 2 * 60_000
  lines.add({ index: 1 })
  await lines.close()
  expect(lost).toHaveLength(1)
})

test('where nothing can be written it is told once, and nothing breaks', async () => {
  await writeFile(folder, 'a file in its place')
  const lines = open()
  for (let index = 0; index < 3; index += 1) lines.add({ index })
  await lines.close()
  expect(lost).toHaveLength(1)
  await rm(folder)
  lines.add({ index: 3 })
  await lines.close()
  expect(await readFile(join(folder, '2026-11-27.jsonl'), 'utf8')).toBe('{"index":3}\n')
})

test('what the disk does not keep up with is lost instead of filling the memory', async () => {
  const lines = open()
  const text = 'x'.repeat(waitingBytesMax / 2)
  for (let index = 0; index < 3; index += 1) lines.add({ index, text })
  expect(lost).toHaveLength(1)
  await lines.close()
  expect((await stat(join(folder, '2026-11-27.jsonl'))).size).toBeLessThan(waitingBytesMax)
})
