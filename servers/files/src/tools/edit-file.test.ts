import { createHash } from 'node:crypto'
import { chmod, link, lstat, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

const lines = (count: number, change: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, index) => `${change[index + 1] ?? `line ${index + 1}`}\n`).join('')

describe('what is told', () => {
  test('the acknowledgement, the hunk with its new numbers, the facts and the canonical call', async () => {
    await bench.put('a.txt', lines(6))
    await bench.call('read_file', { paths: ['a.txt'] })
    const answer = await bench.call('edit_file', {
      path: './a.txt',
      edits: [{ lines: '2-3', first_line: 'line 2', last_line: 'line 3', new_text: 'x\ny\nz' }],
    })
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('Made 1 edit in a.txt (+1 lines)')
    expect(answer.text).toContain('2\tx\n3\ty\n4\tz')
    const revision = createHash('sha256')
      .update(await bench.bytes('a.txt'))
      .digest('hex')
      .slice(0, 8)
    expect(answer.facts).toMatchObject({ path: 'a.txt', revision, corrected: 0, additions: 3, deletions: 2 })
    expect(answer.applied).toMatchObject({
      path: 'a.txt',
      edits: [{ lines: '2-3', first_line: 'line 2', last_line: 'line 3', new_text: 'x\ny\nz' }],
    })
  })

  test('P12: the canonical call, repeated on the original by who has seen nothing, gives the same bytes', async () => {
    const original = `${lines(5)}  indented \n“quoted”\r\nlast`
    await bench.put('a.txt', original)
    await bench.call('read_file', { paths: ['a.txt'] })
    const sent = {
      path: './a.txt',
      edits: [
        { lines: '2-5', first_line: 'line 1', last_line: 'line 4', new_text: 'one' },
        { old_text: 'indented\n"quoted"\nlast', new_text: 'indented\n"quoted"\nnew\nlast' },
      ],
    }
    const first = await bench.call('edit_file', sent)
    expect(first.facts.corrected).toBe(2)
    const bytes = await bench.bytes('a.txt')
    await bench.put('a.txt', original)
    const again = await bench.call('edit_file', first.applied ?? {}, { conversation: 'another' })
    expect(again.facts.corrected).toBe(0)
    expect(await bench.bytes('a.txt')).toEqual(bytes)
    expect(again.applied).toEqual(first.applied)
  })

  test('a dry run shows what would go and come, and writes nothing', async () => {
    await bench.put('a.txt', lines(3))
    const before = await bench.state('a.txt')
    const answer = await bench.call('edit_file', {
      path: 'a.txt',
      edits: [{ old_text: 'line 2', new_text: 'two' }],
      dry_run: true,
    })
    expect(answer.text).toContain('-line 2\n+two')
    expect(answer.changes).toEqual([])
    expect(await bench.state('a.txt')).toEqual(before)
  })

  test('more edits than are allowed are refused as a whole, with the number to split at', async () => {
    await bench.put('a.txt', lines(30))
    const edits = Array.from({ length: 21 }, (_, index) => ({ old_text: `line ${index + 1}\n`, new_text: 'x' }))
    const answer = await bench.call('edit_file', { path: 'a.txt', edits })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('at most 20')
    expect(await bench.text('a.txt')).toBe(lines(30))
  })
})

describe('habits of models', () => {
  const expected = lines(3, { 2: 'two' })

  test.each([
    ['old_string and new_string beside the path', { file_path: 'a.txt', old_string: 'line 2', new_string: 'two' }],
    ['oldText and newText', { path: 'a.txt', edits: [{ oldText: 'line 2', newText: 'two' }] }],
    ['a single object', { target_file: 'a.txt', edits: { old_text: 'line 2', new_text: 'two' } }],
    ['a JSON string', { path: 'a.txt', edits: JSON.stringify([{ old_text: 'line 2', new_text: 'two' }]) }],
    ['a list of JSON strings', { path: 'a.txt', edits: [JSON.stringify({ old_text: 'line 2', new_text: 'two' })] }],
    [
      'remove_line_number and content_to_remove',
      { file: 'a.txt', edits: [{ remove_line_number: 2, content_to_remove: 'line 2', replace_content: 'two' }] },
    ],
    ['nulls', { path: 'a.txt', revision: null, edits: [{ old_text: 'line 2', new_text: 'two', insert: null }] }],
    ['lines as a list', { path: 'a.txt', edits: [{ lines: [2, 2], first_line: 'line 2', new_text: 'two' }] }],
    [
      'the anchor of a single line given twice',
      {
        path: 'a.txt',
        edits: [{ lines: '2', first_line: 'line 2', last_line: 'line 2', new_text: 'two' }],
      },
    ],
    [
      'several lines as first_line',
      {
        path: 'a.txt',
        edits: [{ lines: '1-2', first_line: 'line 1\nline 2', new_text: 'line 1\ntwo' }],
      },
    ],
  ])('%s', async (_, args) => {
    await bench.put('a.txt', lines(3))
    const answer = await bench.call('edit_file', args)
    expect(answer.text).toContain('Made 1 edit')
    expect(await bench.text('a.txt')).toBe(expected)
    expect(answer.applied).toMatchObject({ path: 'a.txt', edits: [{ new_text: expect.stringContaining('two') }] })
  })

  test('first and last line in one text', async () => {
    await bench.put('a.txt', lines(4))
    await bench.call('read_file', { paths: ['a.txt'] })
    const edits = [
      { remove_line_number: '2-4', content_to_remove: '  line 2\n[TO]\nline 4'.trim(), replace_content: 'x' },
    ]
    await bench.call('edit_file', { path: 'a.txt', edits })
    expect(await bench.text('a.txt')).toBe('line 1\nx\n')
  })

  test('unknown fields are named in a note', async () => {
    await bench.put('a.txt', lines(3))
    const edits = [{ old_text: 'line 2', new_text: 'two', why: 'because' }]
    const answer = await bench.call('edit_file', { path: 'a.txt', edits, mood: 'good' })
    expect(answer.ok).toBe(true)
    expect(answer.notes.join()).toContain('"why"')
    expect(answer.notes.join()).toContain('"mood"')
  })

  test('what cannot be understood is answered with a correct call', async () => {
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: 'change it' })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('A correct call: edit_file')
    const lineless = await bench.call('edit_file', { path: 'a.txt', edits: [{ lines: 'x', new_text: '' }] })
    expect(lineless.text).toContain('"42" or "13-15"')
  })
})

describe('new and empty files', () => {
  test('one edit without an anchor creates a file and its directories', async () => {
    const answer = await bench.call('edit_file', { path: 'deep/er/new.txt', edits: [{ new_text: 'a\nb' }] })
    expect(answer.ok).toBe(true)
    expect(await bench.text('deep/er/new.txt')).toBe('a\nb')
  })

  test('an edit with an anchor in a missing file is refused with near names', async () => {
    await bench.put('src/main.ts', '')
    const answer = await bench.call('edit_file', { path: 'src/mian.ts', edits: [{ old_text: 'a', new_text: 'b' }] })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('src/main.ts')
  })

  test('an empty file is filled', async () => {
    await bench.put('empty', '')
    await bench.call('edit_file', { path: 'empty', edits: [{ old_text: '', new_text: 'now\n' }] })
    expect(await bench.text('empty')).toBe('now\n')
  })
})

describe('what the conversation has been shown', () => {
  const range = { lines: '2-5', first_line: 'line 2', last_line: 'line 5', new_text: 'x' }

  test('lines between the anchors that were never shown are not replaced', async () => {
    await bench.put('a.txt', lines(8))
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: [range] })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('not been shown in this conversation')
    const elsewhere = await bench.call('read_file', { paths: ['a.txt'] }, { conversation: 'other' })
    expect(elsewhere.ok).toBe(true)
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] })).ok).toBe(false)
  })

  test('lines that were shown only in part are not replaced', async () => {
    await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'], lines: '1-3' })
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] })).text).toContain('not all been shown')
    await bench.call('read_file', { paths: ['a.txt'], lines: '4-5' })
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] })).ok).toBe(true)
  })

  test('the revision of the file as it is stands for having seen it', async () => {
    await bench.put('a.txt', lines(8))
    const revision = createHash('sha256').update(lines(8)).digest('hex').slice(0, 8)
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range], revision: 'ffffffff' })).ok).toBe(false)
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range], revision })).ok).toBe(true)
  })

  test('P9: an interior line that changed refuses, with what is there now', async () => {
    await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'] })
    await bench.put('a.txt', lines(8, { 4: 'somebody else' }))
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: [range] })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('have changed since they were shown')
    expect(answer.text).toContain('4\tsomebody else')
    expect(await bench.text('a.txt')).toBe(lines(8, { 4: 'somebody else' }))
  })

  test('P9: a line more between the anchors refuses', async () => {
    await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'] })
    await bench.put('a.txt', lines(8, { 4: 'line 4\nanother' }))
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] })).ok).toBe(false)
  })

  test('P9: the only line between the anchors, when it has gone, refuses', async () => {
    await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'] })
    const now = lines(8).replace('line 4\n', '')
    await bench.put('a.txt', now)
    const edits = [{ lines: '3-5', first_line: 'line 3', last_line: 'line 5', new_text: 'mine' }]
    const answer = await bench.call('edit_file', { path: 'a.txt', edits })
    expect(answer.text).toContain('The lines between the anchors have gone. There now:\n3\tline 3\n4\tline 5')
    expect(await bench.text('a.txt')).toBe(now)
  })

  test('P9: a change elsewhere is merged, told and shown with the edit', async () => {
    await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'] })
    await bench.put('a.txt', `new\nnewer\n${lines(8, { 8: 'tail' })}`)
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: [range] })
    expect(answer.ok).toBe(true)
    expect(await bench.text('a.txt')).toBe(`new\nnewer\nline 1\nx\nline 6\nline 7\ntail\n`)
    expect(answer.changes.map(({ kind }) => kind)).toEqual(['drifted', 'edited'])
    const [drifted, edited] = answer.changes
    expect(edited?.edit?.oldRevision).toBe(drifted?.edit?.newRevision)
    expect(answer.notes.join()).toContain('have moved to')
  })

  test('P9: a touch without a change does not refuse', async () => {
    const path = await bench.put('a.txt', lines(8))
    await bench.call('read_file', { paths: ['a.txt'] })
    await utimes(path, 1, 1)
    await writeFile(path, lines(8))
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] })).ok).toBe(true)
  })

  test('line numbers of an older revision are translated through the edits since', async () => {
    const twins = lines(40, { 10: 'twin', 14: 'twin', 30: 'twin' })
    await bench.put('a.txt', twins)
    const read = await bench.call('read_file', { paths: ['a.txt'] })
    const revision = read.changes[0]?.view?.revision
    await bench.call('edit_file', {
      path: 'a.txt',
      edits: [{ lines: '2', first_line: 'line 2', new_text: Array.from({ length: 17 }, () => 'more').join('\n') }],
    })
    const edits = [{ lines: '14', first_line: 'twin', new_text: 'chosen' }]
    const answer = await bench.call('edit_file', { path: 'a.txt', edits, revision })
    expect(answer.ok).toBe(true)
    const text = await bench.text('a.txt')
    expect(text.split('\n').filter((line) => line === 'twin').length).toBe(2)
    expect(text).toContain('line 13\nchosen\nline 15')
  })

  test('what was meant is not replaced by its twin when it has been changed', async () => {
    await bench.put('a.txt', lines(40, { 10: 'twin', 30: 'twin' }))
    await bench.call('read_file', { paths: ['a.txt'] })
    await bench.put('a.txt', lines(40, { 10: 'changed', 30: 'twin' }))
    const edits = [{ lines: '10', first_line: 'twin', new_text: 'mine' }]
    const answer = await bench.call('edit_file', { path: 'a.txt', edits })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('changed since it was shown')
    expect(answer.text).toContain('10\tchanged')
  })

  test('a second edit in one turn is taken when its lines translate, and refused when they were replaced', async () => {
    await bench.put('a.txt', lines(20, { 10: 'twin', 13: 'twin' }))
    await bench.call('read_file', { paths: ['a.txt'] }, { step: 'r/1' })
    const first = { lines: '2', first_line: 'line 2', new_text: 'a\nb\nc' }
    const below = { lines: '10', first_line: 'twin', new_text: 'chosen' }
    const same = { lines: '2', first_line: 'line 2', new_text: 'again' }
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [first] }, { step: 'r/2' })).ok).toBe(true)
    expect((await bench.call('edit_file', { path: './a.txt', edits: [below] }, { step: 'r/2' })).ok).toBe(true)
    expect((await bench.text('a.txt')).split('\n')[11]).toBe('chosen')
    const refused = await bench.call('edit_file', { path: 'a.txt', edits: [same] }, { step: 'r/2' })
    expect(refused.ok).toBe(false)
    expect(refused.text).toContain('earlier edit_file of this turn')
  })

  test('what write_file wrote needs no reading', async () => {
    await bench.call('write_file', { path: 'a.txt', content: lines(8) }, { step: 'r/1' })
    expect((await bench.call('edit_file', { path: 'a.txt', edits: [range] }, { step: 'r/1' })).ok).toBe(true)
  })
})

describe('P10: what stays as it is', () => {
  const edits = [{ old_text: 'b', new_text: 'B' }]

  test('mode', async () => {
    const path = await bench.put('run.sh', 'a\nb\n')
    await chmod(path, 0o755)
    await bench.call('edit_file', { path: 'run.sh', edits })
    expect((await stat(path)).mode & 0o7777).toBe(0o755)
  })

  test('a symlink, whose target is edited', async () => {
    await bench.put('real.txt', 'a\nb\n')
    await symlink('real.txt', join(bench.root, 'link.txt'))
    const answer = await bench.call('edit_file', { path: 'link.txt', edits })
    expect(answer.ok).toBe(true)
    expect(await readlink(join(bench.root, 'link.txt'))).toBe('real.txt')
    expect(await bench.text('real.txt')).toBe('a\nB\n')
    expect(answer.facts.path).toBe('real.txt')
  })

  test('hard links', async () => {
    const path = await bench.put('one.txt', 'a\nb\nlonger tail\n')
    await link(path, join(bench.root, 'two.txt'))
    const inode = (await stat(path)).ino
    await bench.call('edit_file', { path: 'two.txt', edits: [{ old_text: 'longer tail', new_text: '' }] })
    expect(await bench.text('one.txt')).toBe('a\nb\n')
    expect((await stat(path)).ino).toBe(inode)
    expect((await stat(path)).nlink).toBe(2)
  })

  test.each([
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffä\nb\n'), Buffer.from('\ufeffä\nB\n')],
    ['UTF-16LE', Buffer.from('\ufeffä\r\nb\r\n', 'utf16le'), Buffer.from('\ufeffä\r\nB\r\n', 'utf16le')],
    ['UTF-16BE', Buffer.from('\ufeffä\nb', 'utf16le').swap16(), Buffer.from('\ufeffä\nB', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('é\nb\nÿ', 'latin1'), Buffer.from('é\nB\nÿ', 'latin1')],
    ['bytes that are no UTF-8', Buffer.from('f09f9880ff0a620ac30a', 'hex'), Buffer.from('f09f9880ff0a420ac30a', 'hex')],
    ['mixed line ends', Buffer.from('a\r\nb\rc\n\r\nb2'), Buffer.from('a\r\nB\rc\n\r\nb2')],
  ])('%s', async (_, before, after) => {
    await bench.put('a.txt', before)
    const answer = await bench.call('edit_file', {
      path: 'a.txt',
      edits: [{ lines: '2', first_line: 'b', new_text: 'B' }],
    })
    expect(answer.text).toContain('Made 1 edit')
    expect(await bench.bytes('a.txt')).toEqual(after)
  })

  test('a character that the encoding cannot hold is refused', async () => {
    await bench.put('a.txt', Buffer.from('café\nb\n', 'latin1'))
    const before = await bench.state('a.txt')
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: [{ old_text: 'b', new_text: '漢' }] })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('"漢"')
    expect(await bench.state('a.txt')).toEqual(before)
  })
})

describe('P7: a failure changes nothing', () => {
  test('a read-only file is refused', async () => {
    const path = await bench.put('a.txt', 'a\n')
    await chmod(path, 0o444)
    const before = await bench.state('a.txt')
    const answer = await bench.call('edit_file', { path: 'a.txt', edits: [{ old_text: 'a', new_text: 'b' }] })
    expect(answer.text).toContain('read-only (mode 0444)')
    expect(await bench.state('a.txt')).toEqual(before)
  })

  test('a binary file is refused', async () => {
    await bench.put('a.bin', Buffer.from([0, 1, 2, 3]))
    const answer = await bench.call('edit_file', { path: 'a.bin', edits: [{ old_text: 'a', new_text: 'b' }] })
    expect(answer.text).toContain('not text')
  })
})

test('parallel calls on one file are all made, one after the other', async () => {
  await bench.put('a.txt', lines(20))
  await symlink('a.txt', join(bench.root, 'alias'))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      bench.call('edit_file', {
        path: index % 2 === 0 ? 'a.txt' : 'alias',
        edits: [{ old_text: `line ${index + 1}\n`, new_text: `edited ${index + 1}\n` }],
      }),
    ),
  )
  expect(answers.every(({ ok }) => ok)).toBe(true)
  expect(await bench.text('a.txt')).toBe(lines(20).replaceAll('line', 'edited'))
  expect((await lstat(join(bench.root, 'alias'))).isSymbolicLink()).toBe(true)
})
