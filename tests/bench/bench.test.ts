import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { main } from './main.js'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

async function bench(args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-bench-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const said: string[] = []
  const code = await main(args, {
    checkout,
    folder,
    env: { AURORACODER_BENCH_FIXTURES: join(folder, 'none') },
    say: (line) => void said.push(line),
    print: (text) => void said.push(text),
  })
  return { code, folder, said: said.join('\n') }
}

test('a run prints a table and writes what is needed to repeat it', async () => {
  const { code, folder, said } = await bench([
    'edit',
    '--hunks',
    '2',
    '--rows',
    'A,L',
    '--seed',
    'x',
    '--out',
    'r.json',
  ])
  expect(code).toBe(0)
  expect(said).toMatch(/\| A exact +\| /)
  expect(said).toContain('ours ran alone')
  const written: unknown = JSON.parse(await readFile(join(folder, 'r.json'), 'utf8'))
  expect(written).toMatchObject({
    benchmark: 'edit',
    seed: 'x',
    node: process.version,
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    machine: { cores: expect.any(Number), processor: expect.any(String) },
    options: { hunks: 2, rows: ['A', 'L'] },
  })
  const [byLines, byText] = Object(written).result
  expect([byLines.contestant, byText.contestant]).toEqual(['ours, by lines', 'ours, by text'])
  expect(byText.rows.A.correct + byText.rows.A.refused + byText.rows.A.wrong).toBe(2)
  expect(byLines.rows.L).toMatchObject({ correct: 0, refused: 0, wrong: 0 })
  expect((await readdir(folder)).sort()).toEqual(['r.json'])
}, 60_000)

test.for([
  { args: [], said: 'Which benchmark?' },
  { args: ['speedy'], said: 'There is no benchmark "speedy"' },
  { args: ['edit', '--rows', 'O'], said: '--rows takes letters' },
  { args: ['edit', '--hunks', 'many'], said: '--hunks must be a whole number' },
  { args: ['speed', '--hunks', '3'], said: '--hunks' },
])('$args is answered with what would be right', async ({ args, said }) => {
  const run = await bench(args)
  expect(run.code).toBe(2)
  expect(run.said).toContain(said)
  expect(run.said).not.toContain('    at ')
})
