import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../random.js'
import type { Hunk, Op } from '../sources/hunks.js'
import type { Contestant } from './contestants.js'
import type { EditCase, Row } from './row.js'
import { rows } from './rows/rows.js'
import { judge, runCase } from './run-case.js'
import { type Subject, subjectOf } from './subject.js'

const lines = Array.from(
  { length: 160 },
  (_, index) => `${' '.repeat(index % 4 === 0 ? 4 : 8)}entry${index} = "value ${index}"`,
)

function subjectAt(start: number): Subject {
  const kept = (index: number): Op => ({ kind: 'keep', text: lines[index] ?? '' })
  const ops: Op[] = [
    kept(start),
    kept(start + 1),
    { kind: 'remove', text: lines[start + 2] ?? '' },
    { kind: 'add', text: '    other = 1' },
    { kind: 'add', text: '        deeper = 2' },
    kept(start + 3),
    kept(start + 4),
  ]
  const hunk: Hunk = { source: 'test', path: 'entries.py', lines, finalNewline: true, start, ops }
  const subject = subjectOf(hunk, `at-${start}`)
  if (!subject) throw new Error('The hunk of the test does not fit.')
  return subject
}

const subject = subjectAt(130)
const context = { random: createRandom('test'), siblings: [subjectAt(20)], filler: ['of another file', '}', ''] }

function built(row: Row): EditCase {
  const made = row.build(subject, { ...context, random: createRandom(row.id) })
  if (!made) throw new Error(`Row ${row.id} has no case of the hunk.`)
  return made
}

test.for(rows)('row $id asks for something that is right, or for something to refuse', (row) => {
  const made = built(row)
  expect(made.accepted.length === 0).toBe(row.mustRefuse)
  for (const content of made.accepted) {
    expect(judge(made, content)).toBe('correct')
    expect(judge(made, Buffer.concat([content, Buffer.from(' ')]))).toBe('wrong')
  }
  expect(judge(made, made.changed ?? made.bytes)).toBe('refused')
  expect(judge(made, Buffer.alloc(0))).toBe('wrong')
})

test.for(rows)('row $id is the same for the same seed', (row) => {
  const [one, other] = [built(row), built(row)]
  expect(one.edits).toEqual(other.edits)
  expect(one.bytes.equals(other.bytes)).toBe(true)
  expect(one.accepted.every((content, index) => other.accepted[index]?.equals(content))).toBe(true)
})

test('where several contents are right, each line may be as in any of them, and no other', () => {
  const made = { bytes: Buffer.from('old\n'), accepted: ['a\nb \nc \n', 'a\nb\nc\n'].map((text) => Buffer.from(text)) }
  expect(judge(made, Buffer.from('a\nb \nc\n'))).toBe('correct')
  expect(judge(made, Buffer.from('a\nb  \nc\n'))).toBe('wrong')
  expect(judge(made, Buffer.from('a\nb\nc'))).toBe('wrong')
})

/** A server that does the same with every file that it is asked to edit. */
async function contestantThat(edit: (path: string) => Promise<void>): Promise<Contestant> {
  const root = await mkdtemp(join(tmpdir(), 'auroracoder-contestant-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return {
    label: 'test',
    isOurs: false,
    root,
    form: 'text',
    show: (path) => ({ name: 'show', args: { path } }),
    edit: (path) => [{ name: 'edit', args: { path } }],
    server: {
      name: 'test',
      version: '1',
      toolNames: async () => ['show', 'edit'],
      async call({ name, args }) {
        if (name === 'edit') await edit(String(args.path))
        return { ok: true, text: 'done' }
      },
      close: async () => {},
    },
  }
}

test('a server is judged by the disk, whatever it answers', async () => {
  const row = rows.find(({ id }) => id === 'R')
  if (!row) throw new Error('There is no row R.')
  const trial = { row, subject, made: { ...built(row), linked: true } }
  const right = trial.made.accepted[0] ?? Buffer.alloc(0)
  const play = async (edit: (path: string) => Promise<void>) => runCase(await contestantThat(edit), trial)

  const obedient = await play((path) => writeFile(path, right))
  expect(obedient).toMatchObject({ verdict: 'correct', isSilent: false })
  const idle = await play(async () => {})
  expect(idle).toMatchObject({ verdict: 'refused', isSilent: true })
  const sloppy = await play(async (path) => writeFile(path, `${await readFile(path, 'utf8')}\n`))
  expect(sloppy.verdict).toBe('wrong')
  const unlinking = await play(async (path) => {
    await rm(path)
    await writeFile(path, right)
  })
  expect(unlinking.verdict).not.toBe('correct')
})
