import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { patched, sheetOf, textOf } from '../edit/sheet.js'
import { createRandom } from '../random.js'
import { changeText } from './change-text.js'
import { hunksOf } from './hunks.js'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'auroracoder-hunks-'))
})
afterAll(() => rm(scratch, { recursive: true }))

const program = Array.from({ length: 200 }, (_, index) => `${' '.repeat(4 * (index % 3))}call_${index}(first, second)`)

test('the hunks of a pair make its second text of its first', async () => {
  const before = `${program.join('\n')}\n`
  const pairs = Array.from({ length: 30 }, (_, seed) => {
    const after = changeText(before, { path: 'program.py', random: createRandom(`${seed}`) }) ?? ''
    return { source: 'test', path: 'program.py', before, after }
  })
  const hunks = await hunksOf(pairs, scratch)
  expect(hunks.flat().length).toBeGreaterThan(30)
  for (const [index, own] of hunks.entries()) {
    const upwards = [...own].sort((one, other) => other.start - one.start)
    const sheet = upwards.reduce(patched, sheetOf({ lines: program, finalNewline: true }))
    expect(textOf(sheet)).toBe(pairs[index]?.after)
  }
})

test('a change of the final newline is no hunk, and equal texts have none', async () => {
  const pairs = [
    { source: 'test', path: 'a', before: 'one\ntwo\n', after: 'one\ntwo' },
    { source: 'test', path: 'b', before: 'same\n', after: 'same\n' },
  ]
  expect(await hunksOf(pairs, scratch)).toEqual([[], []])
})

test('lines that look like a diff are content', async () => {
  const before = '--- a\n+++ b\n@@ -1 +1 @@\ndiff --git a/0 b/0\nend\n'
  const after = before.replace('end', '@@ -2 +2 @@')
  const [hunks] = await hunksOf([{ source: 'test', path: 'a.diff', before, after }], scratch)
  expect(hunks?.map(({ ops }) => ops.at(-1))).toEqual([{ kind: 'add', text: '@@ -2 +2 @@' }])
})

test('a seed makes the same change again', () => {
  const text = program.join('\n')
  const change = (seed: string) => changeText(text, { path: 'a.ts', random: createRandom(seed) })
  expect(change('one')).toBe(change('one'))
  expect(change('one')).not.toBe(change('two'))
})
