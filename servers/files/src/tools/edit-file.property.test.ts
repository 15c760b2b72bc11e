import { chmod, link, readdir, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

test('P7: a failure changes nothing: bytes, mode, times and inode, and no file is left over', {
  tags: ['long'],
}, async () => {
  const path = await bench.put('a.txt', 'line 1\nline 2\nline 3\n')
  await chmod(path, 0o640)
  const before = await bench.state('a.txt')
  const fitting = { old_text: 'line 3', new_text: 'x' }
  const failing = fc.constantFrom(
    { old_text: 'nowhere', new_text: 'x' },
    { old_text: 'line', new_text: 'x' },
    { lines: '2', new_text: 'x' },
    { lines: '9-12', first_line: 'line 9', last_line: 'line 12', new_text: 'x' },
    { old_text: 'line 2', new_text: '\ud800' },
  )
  const withOneThatFits = fc
    .array(failing, { minLength: 1, maxLength: 3 })
    .chain((edits) => fc.shuffledSubarray([fitting, ...edits], { minLength: edits.length + 1 }))
  const withoutEffect = fc.constant([{ old_text: 'line 2', new_text: 'line 2' }])
  const batch = fc.oneof(withOneThatFits, withoutEffect, fc.array(failing, { minLength: 1, maxLength: 3 }))
  await fc.assert(
    fc.asyncProperty(batch, async (edits) => {
      expect((await bench.call('edit_file', { path: 'a.txt', edits })).ok).toBe(false)
      expect(await bench.state('a.txt')).toEqual(before)
      expect(await readdir(bench.root)).toEqual(['a.txt'])
    }),
  )
})

test('P9: a range is refused when others changed it inside, and merged with what they changed elsewhere', {
  tags: ['long'],
}, async () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 6 }))
  const change = fc.record({ kind: fc.constantFrom('replace', 'insert', 'delete', 'touch'), at: fc.nat(12) })
  const made = { merged: 0, refused: 0 }
  let round = 0
  await fc.assert(
    fc.asyncProperty(range, fc.array(change, { maxLength: 3 }), async ([first, more], changes) => {
      const name = `${round++}.txt`
      const last = Math.min(first + more, 12)
      const shown = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`)
      const file = shown.map((line) => [line])
      const path = await bench.put(name, textOf(file))
      await bench.call('read_file', { paths: [name] })
      let isChangedInside = false
      for (const { kind, at } of changes) {
        // What stands at the ends of the range says where it is now.
        const isAnchor = at === first - 1 || at === last - 1
        const isInside = at > first - 1 && at < last
        if (kind === 'insert') file[at]?.unshift(`new ${at}`)
        if (kind === 'replace' && !isAnchor) file[at] = [`other ${at}`]
        if (kind === 'delete' && !isAnchor && at < 12) file[at] = []
        isChangedInside ||= isInside && (kind === 'insert' || ((kind === 'replace' || kind === 'delete') && !isAnchor))
      }
      await writeFile(path, textOf(file))
      await utimes(path, 1, 1)
      const edits = [
        { lines: `${first}-${last}`, first_line: `line ${first}`, last_line: `line ${last}`, new_text: 'mine' },
      ]
      const { ok } = await bench.call('edit_file', { path: name, edits })
      const text = textOf(file)
      const merged = text.replace(new RegExp(`line ${first}\n[^]*line ${last}\n`), 'mine\n')
      expect(await bench.text(name)).toBe(isChangedInside ? text : merged)
      expect(ok).toBe(!isChangedInside)
      made[isChangedInside ? 'refused' : 'merged'] += 1
      await rm(path)
    }),
  )
  expect(Math.min(made.merged, made.refused)).toBeGreaterThan(100)
})

const textOf = (file: readonly string[][]): string => file.flatMap((lines) => lines.map((line) => `${line}\n`)).join('')

test('P10: mode, links, byte order mark, line ends, final newline and encoding stay', { tags: ['long'] }, async () => {
  const encodings: [string, (text: string) => Buffer, string][] = [
    ['utf-8', (text) => Buffer.from(text), 'grüße 漢字 😀'],
    ['utf-8 bom', (text) => Buffer.from(`\ufeff${text}`), 'grüße 漢字 😀'],
    ['utf-16le', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), 'grüße 漢字 😀'],
    ['utf-16be', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), 'grüße 漢字 😀'],
    ['windows-1252', (text) => iconv.encode(text, 'windows-1252'), 'Änderung: Öl bei 25°C, déjà vu'],
    ['gbk', (text) => iconv.encode(text, 'gbk'), '这是一个测试文件，用于检查编码'],
  ]
  const line = fc.constantFrom('', 'a', '  indented', '\tform\ffeed ', 'const x = 1;')
  const eol = fc.constantFrom('\n', '\r\n', '\r')
  const lines = fc.array(fc.tuple(line, eol), { maxLength: 6 })
  const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o640, 0o4755)
  const kind = fc.constantFrom('plain', 'symlink', 'hard link')
  const ends = fc.constantFrom('', '\n', '\r\n')
  const new_text = fc.constantFrom('other', 'a longer text than before', 'x')
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...encodings),
      fc.tuple(lines, eol, lines, ends),
      fc.tuple(mode, kind, new_text),
      async ([encoding, encode, sample], [above, eolOfNeedle, below, end], [bits, how, newText]) => {
        const file = (needle: string): Buffer => {
          const join = (part: typeof above) => part.map(([text, eol]) => text + eol).join('')
          return encode(`${sample}\n${join(above)}${needle}${eolOfNeedle}${join(below)}the end${end}`)
        }
        const [name, linkName] = [`${round}.txt`, `${round}.link`]
        round += 1
        const path = await bench.put(name, file('needle'))
        await chmod(path, bits)
        if (how === 'symlink') await symlink(name, join(bench.root, linkName))
        if (how === 'hard link') await link(path, join(bench.root, linkName))
        const before = await stat(path)
        const edits = [{ lines: String(above.length + 2), first_line: 'needle', new_text: newText }]
        const answer = await bench.call('edit_file', { path: how === 'plain' ? name : linkName, edits })
        expect(answer.text).toContain('Made 1 edit')
        expect(await bench.bytes(name), encoding).toEqual(file(newText))
        const after = await stat(path)
        expect([after.mode, after.uid, after.gid, after.nlink]).toEqual([
          before.mode,
          before.uid,
          before.gid,
          before.nlink,
        ])
        if (how === 'symlink') expect(await readlink(join(bench.root, linkName))).toBe(name)
        if (how === 'hard link') expect(after.ino).toBe(before.ino)
        if (how === 'hard link') expect(await bench.bytes(linkName)).toEqual(file(newText))
        await Promise.all([rm(path), rm(join(bench.root, linkName), { force: true })])
      },
    ),
  )
})
