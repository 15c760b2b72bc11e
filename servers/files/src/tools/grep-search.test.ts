import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

const filesAtOnce = 20

describe('matches', () => {
  test('are grouped by file with line numbers and context', async () => {
    await bench.put('b.txt', 'x\n')
    await bench.put('src/a.txt', 'one\ntwo\nthree x\nfour\nfive\n')
    const answer = await bench.call('grep_search', { pattern: 'x|five', context: 1 })
    expect(answer.text).toBe(
      'b.txt\n1:\tx\n\nsrc/a.txt\n2-\ttwo\n3:\tthree x\n4-\tfour\n5:\tfive\n\n3 matching lines in 2 files.',
    )
  })

  test('are limited, and the rest counted', async () => {
    await bench.put('a.txt', 'x\n'.repeat(50))
    const answer = await bench.call('grep_search', { pattern: 'x', limit: 3 })
    expect(answer.text).toContain('Showing 3 of 50 matching lines')
    const small = await bench.call('grep_search', { pattern: 'x' }, { outputCharsMax: 700 })
    expect(small.text).toContain('of 50 matching lines')
    expect(small.text.length).toBeLessThan(700)
  })

  test('are chosen by globs, path and case, without what .gitignore names', async () => {
    await bench.put('.gitignore', 'out\n*.gen.ts\n')
    await bench.put('a.gen.ts', 'Needle\n')
    await bench.put('out/a.ts', 'Needle\n')
    await bench.put('a.ts', 'Needle\n')
    await bench.put('.github/a.ts', 'Needle\n')
    await bench.put('b.js', 'needle\n')
    const files = async (args: Record<string, unknown>) =>
      [...(await bench.call('grep_search', args)).text.matchAll(/^([^\s:]+\.[jt]s)$/gm)].map((match) => match[1])
    expect(await files({ pattern: 'Needle' })).toEqual(['.github/a.ts', 'a.ts'])
    expect(await files({ pattern: 'needle', case_sensitive: false, include: '*.ts' })).toEqual(['.github/a.ts', 'a.ts'])
    expect(await files({ pattern: 'Needle', include: ['**/*.js', '*.ts'], path: '.github' })).toEqual(['.github/a.ts'])
    expect(await files({ pattern: 'Needle', include: ['.github/**'] })).toEqual(['.github/a.ts'])
    expect(await files({ pattern: 'Needle', exclude: ['./.github/**'] })).toEqual(['a.ts'])
    expect(await files({ query: 'needle', case_sensitive: false, exclude: ['*.ts'] })).toEqual(['b.js'])
    expect(await files({ pattern: 'Needle', path: 'out' })).toEqual(['out/a.ts'])
    expect(await files({ pattern: 'Needle', path: 'a.ts' })).toEqual(['a.ts'])
  })

  test('of look-around and at the end of CRLF lines are found', async () => {
    await bench.put('a.txt', 'foo bar\r\nbar\r\n')
    expect((await bench.call('grep_search', { pattern: '(?<=foo )bar$' })).text).toContain('1:\tfoo bar')
  })

  test('in long lines are cut', async () => {
    await bench.put('a.txt', `x${'y'.repeat(5_000)}\n`)
    expect((await bench.call('grep_search', { pattern: 'xy' })).text).toContain('(5001 characters)')
  })
})

describe('a pattern', () => {
  test('can never become an option', async () => {
    await bench.put('a.txt', '--version\n-e\n--files\n')
    for (const pattern of ['--version', '-e', '--files', '--pre=touch /tmp/never']) {
      const answer = await bench.call('grep_search', { pattern, fixed_strings: true })
      expect(answer.ok).toBe(true)
      expect(answer.text).toMatch(pattern.startsWith('--pre') ? /No matches/ : /1 matching line/)
    }
    for (const glob of ['--files', '-v']) {
      expect((await bench.call('grep_search', { pattern: 'e', include: [glob] })).ok).toBe(true)
    }
  })

  test('that cannot be read is an error that shows where', async () => {
    const answer = await bench.call('grep_search', { pattern: 'a(b' })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('unclosed group')
    expect(answer.text).toContain('^')
    expect(answer.text).toContain('fixed_strings')
    expect((await bench.call('grep_search', { pattern: 'a', include: ['a{b'] })).ok).toBe(false)
  })

  test('in a missing place is answered with near names', async () => {
    await bench.put('source/a', '')
    expect((await bench.call('grep_search', { pattern: 'a', path: 'sourse' })).text).toContain('"source"')
  })
})

test('P13: the numbers shown, the numbers found and the numbers accepted are the same', {
  tags: ['long'],
}, async () => {
  const line = fc.constantFrom('', 'a', 'needle', 'a needle b', 'é\f', '\u2028', 'needle needle')
  const content = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { minLength: 1, maxLength: 12 })
    .map((pairs) => pairs.map(([text, eol]) => text + eol).join(''))
  const encode = fc.constantFrom(
    (text: string) => Buffer.from(text),
    (text: string) => Buffer.from(`\ufeff${text}`),
    (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x0a])]),
  )
  const file = fc.tuple(content, encode).map(([text, toBytes]) => toBytes(text))
  const files = fc.array(file, { minLength: filesAtOnce, maxLength: filesAtOnce })
  // As many files as others have runs: starting ripgrep for each alone would take most of the time.
  const numRuns = (fc.readConfigureGlobal().numRuns ?? 1_000) / filesAtOnce
  await fc.assert(
    fc.asyncProperty(files, async (contents) => {
      const paths = contents.map((_, index) => `${index}.txt`)
      await Promise.all(paths.map((path, index) => bench.put(path, contents[index] ?? '')))
      const found = await bench.call('grep_search', { pattern: 'needle', limit: filesAtOnce * 12 })
      const numbersFound = new Map(
        found.text.split(/\n\n/).map((group) => {
          const numbers = [...group.matchAll(/^ *(\d+):\t/gm)].map((match) => Number(match[1]))
          return [/^\d+\.txt/m.exec(group)?.[0] ?? '', numbers]
        }),
      )
      for (const path of paths) {
        const view = (await bench.call('read_file', { paths: [path] })).changes[0]?.view
        const shown = view?.ranges[0]?.lines ?? []
        const withNeedle = shown.flatMap((line, index) => (line.includes('needle') ? [index + 1] : []))
        expect(numbersFound.get(path) ?? []).toEqual(withNeedle)
        for (const number of withNeedle) {
          const edits = [{ lines: String(number), first_line: shown[number - 1], new_text: 'x' }]
          const answer = await bench.call('edit_file', { path, edits, dry_run: true })
          expect(answer.text).toContain(`@ line ${number}\n`)
        }
      }
    }),
    { numRuns },
  )
})
