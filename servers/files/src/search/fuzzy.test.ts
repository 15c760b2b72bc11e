import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findPaths } from './find-paths.js'
import { folderOf } from './folder.js'
import { type Paths, pathsOf } from './paths.js'
import { queryOf } from './query.js'

function grouped(paths: readonly string[]): Paths {
  const byPrefix = new Map<string, string[]>()
  for (const path of paths) {
    const end = path.lastIndexOf('/') + 1
    const prefix = path.slice(0, end)
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), path.slice(end)])
  }
  return pathsOf([...byPrefix].map(([prefix, names]) => folderOf(prefix, names)))
}

function search(paths: readonly string[], query: string, limit = paths.length): string[] {
  return findPaths({ root: '/', paths: grouped(paths), query: queryOf(query), limit }).hits.map(({ path }) => path)
}

/** Every path matches, and they come in the order in which they are written here. */
function expectOrder(query: string, paths: readonly string[]): void {
  expect(search(paths, query)).toEqual(paths)
  expect(search(paths.toReversed(), query)).toEqual(paths)
}

describe('better matches come first:', () => {
  test('exact, all but the extension, prefix, substring at a word, substring, initials, scattered', () => {
    expectOrder('edit', [
      'src/deep/down/edit',
      'src/deep/edit.ts',
      'src/editor.ts',
      'src/re-edit.ts',
      'src/credits.ts',
      'src/every-dit.ts',
      'edit/main.ts',
      'credit/main.ts',
      'src/redxit.ts',
      'src/e/d/i/t.ts',
    ])
  })

  test('names before directories', () => {
    expectOrder('panel', ['src/x/y/panel.ts', 'panel/x.ts', 'panel/y/x.ts'])
  })

  test('beginnings of words in kebab, snake and camel case before letters within words', () => {
    for (const good of ['grep-search.ts', 'grep_search.ts', 'grepSearch.ts', 'GrepSearch.ts']) {
      expectOrder('gs', [`src/${good}`, 'src/giraffes.ts'])
    }
    expectOrder('hs', ['HTTPServer.ts', 'hats2.ts'])
    expectOrder('v2', ['view2.ts', 'vi12.ts'])
  })

  test('runs before single letters', () => {
    expectOrder('search', ['x-sea-rch.ts', 'x-s-e-a-r-c-h.ts'])
  })

  test('short names and paths before long ones', () => {
    expectOrder('read', ['read-it.ts', 'src/read-it.ts', 'src/read-them.ts'])
  })

  test('a query with slashes is compared with as many directories', () => {
    expectOrder('tools/read', ['src/tools/read', 'src/tools/read-file.ts', 'src/subtools/read.ts', 'tools/x/read.ts'])
    expect(search(['src/tools/read.ts'], 'tools/')).toEqual(['src/tools/read.ts'])
  })

  test('ties by length, then by code units', () => {
    expectOrder('x', ['dir/xA', 'dir/xa', 'dir/xb', 'dirs/xa'])
  })
})

describe('what matches', () => {
  test('holds every word, in any order', () => {
    const paths = ['src/tools/read-file.ts', 'src/tools/write-file.ts', 'tests/read.ts']
    expect(search(paths, 'read tools')).toEqual(['src/tools/read-file.ts'])
    expect(search(paths, 'tools read')).toEqual(['src/tools/read-file.ts'])
    expect(search(paths, 'read nothing')).toEqual([])
  })

  test('is found without case, unless the query has upper case', () => {
    expect(search(['README.md', 'readme.md'], 'readme').length).toBe(2)
    expect(search(['README.md', 'readme.md'], 'README')).toEqual(['README.md'])
    expect(search(['src/fooBar.ts', 'src/foobar.ts'], 'fB')).toEqual(['src/fooBar.ts'])
  })

  test('is found in other scripts, also where lower case has another length', () => {
    expect(search(['src/Größe.ts'], 'grö')).toEqual(['src/Größe.ts'])
    expect(search(['İstanbul/a.ts'], 'a.ts')).toEqual(['İstanbul/a.ts'])
    expect(search(['ΟΔΟΣ.md'], 'οδοσ')).toEqual(['ΟΔΟΣ.md'])
    expect(search(['文档/说明.md'], '说明')).toEqual(['文档/说明.md'])
  })

  test('takes signs of regular expressions for what they are', () => {
    expect(search(['a.b', 'axb'], 'a.b')).toEqual(['a.b'])
    expect(search(['[id].tsx', 'id.tsx'], '[id]')).toEqual(['[id].tsx'])
  })
})

const word = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'A', 'B', '1', '-', '.', '/', 'é'),
  minLength: 1,
  maxLength: 6,
})
const path = fc
  .array(
    fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'B', '1', '-', '_', '.', 'É'), minLength: 1, maxLength: 8 }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join('/'))
const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 30 })
const query = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))

function isSubsequence(text: string, path: string): boolean {
  let at = 0
  for (const character of path) if (character === text[at]) at += 1
  return at === text.length
}

function matches(query: string, path: string): boolean {
  const exact = query.toLowerCase() !== query
  const hay = exact ? path : path.toLowerCase()
  return query.split(' ').every((part) => isSubsequence(part, hay))
}

describe('for all paths and queries', () => {
  test('the hits are those paths that hold every word as a subsequence', () => {
    fc.assert(
      fc.property(paths, query, (all, text) => {
        expect(search(all, text).toSorted()).toEqual(all.filter((one) => matches(text, one)).toSorted())
      }),
    )
  })

  test('more characters never bring more hits', () => {
    fc.assert(
      fc.property(paths, query, word, (all, text, more) => {
        const hits = new Set(search(all, text))
        for (const longer of [text + more, `${text} ${more}`, more + text]) {
          for (const hit of search(all, longer)) expect(hits).toContain(hit)
        }
      }),
    )
  })

  test('the order depends on nothing but the paths, and a limit cuts it', () => {
    fc.assert(
      fc.property(paths, query, fc.nat(5), fc.nat(), (all, text, limit, seed) => {
        const whole = search(all, text)
        const shuffled = all.toSorted((left, right) => hash(left, seed) - hash(right, seed))
        expect(search(shuffled, text)).toEqual(whole)
        expect(search(shuffled, text, limit + 1)).toEqual(whole.slice(0, limit + 1))
      }),
    )
  })
})

function hash(text: string, seed: number): number {
  let value = seed % 65_521
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return value
}

test('a limit of one on many paths finds the same best one and counts them all', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `dir${index % 50}/some-file-${index}.ts`)
  const paths = grouped([...many, 'deep/in/here/sf'])
  const { hits, total } = findPaths({ root: '/', paths, query: queryOf('sf'), limit: 1 })
  expect(hits.map(({ path: best }) => best)).toEqual(['deep/in/here/sf'])
  expect(total).toBe(5_001)
})
