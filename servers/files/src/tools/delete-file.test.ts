import { execFileSync } from 'node:child_process'
import { chmod, chown, link, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asNobody } from './as-nobody.fixture.js'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
})

afterEach(async () => {
  await bench.remove()
})

const remaining = (path = '.'): Promise<string[]> => readdir(join(bench.root, path))

describe('what is named', () => {
  test('goes, and the answer says what went', async () => {
    await bench.put('a.txt', 'a')
    await bench.put('b/c.txt', 'c')
    await bench.put('stays', '')
    const answer = await bench.call('delete_file', { paths: ['a.txt', 'b/c.txt'] })
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('Deleted a.txt.\nDeleted b/c.txt.')
    expect(answer.facts).toEqual({ deleted: ['a.txt', 'b/c.txt'], left: [] })
    expect((await remaining()).sort()).toEqual(['b', 'stays'])
    expect(await remaining('b')).toEqual([])
  })

  test('goes by the names that other tools have, and is told in canonical form', async () => {
    await bench.put('a.txt', 'a')
    const answer = await bench.call('delete_file', { file_path: './x/../a.txt' })
    expect(answer.applied).toEqual({ paths: ['a.txt'] })
  })

  test('goes as a directory with all it holds', async () => {
    await bench.put('dir/a', '')
    await bench.put('dir/.hidden/b', '')
    await mkdir(join(bench.root, 'dir/empty'))
    const answer = await bench.call('delete_file', { paths: ['dir/'], recursive: 'true' })
    expect(answer.text).toContain('Deleted dir/ with all that was in it.')
    expect(answer.facts).toEqual({ deleted: ['dir'], left: [] })
    expect(await remaining()).toEqual([])
  })

  test('twice, or inside a directory that goes too, is deleted once', async () => {
    await bench.put('dir/a', '')
    await bench.put('b', '')
    const answer = await bench.call('delete_file', { paths: ['dir/a', 'b', './b', 'dir'], recursive: true })
    expect(answer.ok).toBe(true)
    expect(answer.applied).toEqual({ paths: ['b', 'dir'], recursive: true })
    expect(await remaining()).toEqual([])
  })

  test('is one name of several: the others keep the content', async () => {
    await bench.put('a', 'content')
    await link(join(bench.root, 'a'), join(bench.root, 'b'))
    await bench.call('delete_file', { paths: ['a'] })
    expect(await bench.text('b')).toBe('content')
  })

  test('with line ends in its name is deleted, and named on one line', async () => {
    await bench.put('dir/a\nb', '')
    await bench.put('c\td', '')
    const answer = await bench.call('delete_file', { paths: ['c\td', 'dir'], recursive: true })
    expect(answer.text).toContain('Deleted "c\\td".')
    expect(await remaining()).toEqual([])
  })

  test('with a name inside that is not UTF-8 goes', async () => {
    await mkdir(join(bench.root, 'dir'))
    await writeFile(Buffer.concat([Buffer.from(`${bench.root}/dir/`), Buffer.from([0x61, 0xff, 0xfe])]), '')
    expect((await bench.call('delete_file', { paths: ['dir'], recursive: true })).ok).toBe(true)
    expect(await remaining()).toEqual([])
  })

  test('goes also when it is 10,000 files', async () => {
    await mkdir(join(bench.root, 'many'))
    for (let index = 0; index < 10_000; index += 1) await writeFile(join(bench.root, 'many', `f${index}`), '')
    const answer = await bench.call('delete_file', { paths: ['many'], recursive: true })
    expect(answer.ok).toBe(true)
    expect(await remaining()).toEqual([])
  })

  test('goes even when it is a read-only file, as long as its directory is not', async () => {
    await chmod(await bench.put('.git/objects/aa', 'x'), 0o444)
    expect((await bench.call('delete_file', { paths: ['.git'], recursive: true })).ok).toBe(true)
  })
})

describe('a symlink', () => {
  let outside: string

  beforeEach(async () => {
    outside = join(dirname(bench.root), 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'precious'), 'x')
  })

  test('goes itself, whatever it points to', async () => {
    await bench.put('target', 'x')
    await symlink('target', join(bench.root, 'to-file'))
    await symlink(outside, join(bench.root, 'to-outside'))
    await symlink('nowhere', join(bench.root, 'dangling'))
    await symlink('.', join(bench.root, 'to-root'))
    const answer = await bench.call('delete_file', { paths: ['to-file', 'to-outside', 'dangling', 'to-root'] })
    expect(answer.ok).toBe(true)
    expect(answer.text).toContain('Deleted to-outside (the symbolic link only).')
    expect(await remaining()).toEqual(['target'])
    expect(await readdir(outside)).toEqual(['precious'])
  })

  test('inside a directory is unlinked, not followed', async () => {
    await bench.put('dir/deep/a', '')
    await bench.put('kept/b', '')
    await symlink(outside, join(bench.root, 'dir/deep/out'))
    await symlink('../kept', join(bench.root, 'dir/in'))
    expect((await bench.call('delete_file', { paths: ['dir'], recursive: true })).ok).toBe(true)
    expect(await remaining()).toEqual(['kept'])
    expect(await remaining('kept')).toEqual(['b'])
    expect(await readdir(outside)).toEqual(['precious'])
  })

  test('with a slash at its end is refused: that would name what it points to', async () => {
    await bench.put('dir/a', '')
    await symlink('dir', join(bench.root, 'link'))
    const answer = await bench.call('delete_file', { paths: ['link/'], recursive: true })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('leave out the "/"')
    expect((await remaining()).sort()).toEqual(['dir', 'link'])
  })

  test('on the way to a file is followed, but not out of the roots', async () => {
    await bench.put('dir/a', '')
    await symlink('dir', join(bench.root, 'in'))
    await symlink(outside, join(bench.root, 'out'))
    expect((await bench.call('delete_file', { paths: ['in/a'] })).text).toContain('Deleted dir/a.')
    const refused = await bench.call('delete_file', { paths: ['out/precious'] })
    expect(refused.text).toContain('"out/precious" is outside the allowed roots')
    expect(await readdir(outside)).toEqual(['precious'])
  })
})

describe('nothing is deleted', () => {
  test('when one of the paths is refused', async () => {
    await bench.put('a', '')
    await bench.put('dir/b', '')
    const answer = await bench.call('delete_file', { paths: ['a', '../x', 'dir', 'mising', 'a/'] })
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('"../x" is outside the allowed roots')
    expect(answer.text).toContain('"dir" is a directory. Set "recursive": true')
    expect(answer.text).toContain('There is no "mising"')
    expect(answer.text).toContain('"a" is no directory')
    expect(answer.text).toContain('Nothing was deleted.')
    expect(answer.applied).toBeUndefined()
    expect((await remaining()).sort()).toEqual(['a', 'dir'])
  })

  test('of a root, by whatever name, nor of what holds it', async () => {
    await mkdir(join(bench.root, 'sub'))
    for (const path of ['.', './', 'sub/..', bench.root, `${bench.root}/`, `../${'root'}`]) {
      const answer = await bench.call('delete_file', { paths: [path], recursive: true })
      expect(answer.text, path).toContain('is a root of this server')
    }
    for (const path of ['..', '/', dirname(bench.root)]) {
      const answer = await bench.call('delete_file', { paths: [path], recursive: true })
      expect(answer.ok, path).toBe(false)
    }
    expect(await remaining()).toEqual(['sub'])
  })

  test('of a name with a NUL, too long a name, or no name at all', async () => {
    await bench.put('a', '')
    for (const path of ['a\0', 'a\0/b', '', 'n'.repeat(300), 'd/'.repeat(3_000)]) {
      expect((await bench.call('delete_file', { paths: [path], recursive: true })).ok).toBe(false)
    }
    expect((await bench.call('delete_file', { paths: [] })).text).toContain('"paths"')
    expect((await bench.call('delete_file', {})).text).toContain('"paths"')
    expect(await remaining()).toEqual(['a'])
  })

  test('below a file', async () => {
    await bench.put('a', '')
    expect((await bench.call('delete_file', { paths: ['a/b'] })).text).toContain('There is no "a/b"')
  })

  test('after the call was cancelled', async () => {
    await bench.put('dir/a', '')
    const call = bench.call('delete_file', { paths: ['dir'], recursive: true }, { signal: AbortSignal.abort() })
    await expect(call).rejects.toThrow()
    expect(await remaining('dir')).toEqual(['a'])
  })
})

describe('what cannot go', () => {
  test('is told with its reason, and the rest goes', async () => {
    await bench.put('dir/locked/a', '')
    await bench.put('dir/b', '')
    await bench.put('c', '')
    await openToAll()
    await chmod(join(bench.root, 'dir/locked'), 0o555)
    const answer = await asNobody(() => bench.call('delete_file', { paths: ['dir', 'c'], recursive: true }))
    expect(answer.ok).toBe(false)
    expect(answer.text).toContain('Deleted c.')
    expect(answer.text).toContain(
      'dir was deleted in part: 1 entry is gone, these stay:\n  dir/locked/a: permission denied',
    )
    expect(answer.facts).toEqual({
      deleted: ['c'],
      left: [{ path: 'dir/locked/a', reason: 'permission denied' }],
    })
    expect(await remaining('dir')).toEqual(['locked'])
    await chmod(join(bench.root, 'dir/locked'), 0o755)
  })

  test('because its directory is closed is told', async () => {
    await bench.put('dir/a', '')
    await bench.put('dir/closed/b', '')
    await openToAll()
    await chmod(join(bench.root, 'dir/closed'), 0o000)
    const closed = await asNobody(() => bench.call('delete_file', { paths: ['dir/closed'], recursive: true }))
    expect(closed.text).toContain('dir/closed was not deleted:\n  dir/closed: permission denied')
    await chmod(join(bench.root, 'dir'), 0o311)
    const unreadable = await asNobody(() => bench.call('delete_file', { paths: ['dir/a'] }))
    expect(unreadable.ok).toBe(false)
    expect(unreadable.text).toContain('permission denied')
    await chmod(join(bench.root, 'dir'), 0o755)
    expect((await remaining('dir')).sort()).toEqual(['a', 'closed'])
  })

  test('because it is nested too deeply is left for a second call', async () => {
    const deep = join('deep', ...Array.from({ length: 300 }, () => 'd'))
    await mkdir(join(bench.root, deep), { recursive: true })
    const answer = await bench.call('delete_file', { paths: ['deep'], recursive: true })
    expect(answer.text).toContain('nested more than 256 levels')
    const inner = join('deep', ...Array.from({ length: 100 }, () => 'd'))
    expect((await bench.call('delete_file', { paths: [inner], recursive: true })).ok).toBe(true)
    expect((await bench.call('delete_file', { paths: ['deep'], recursive: true })).ok).toBe(true)
  })

  test.skipIf(!canMount())('because something is mounted in it stays whole', async () => {
    await bench.put('dir/a', '')
    await bench.put('dir/other disk/b', '')
    const mountPoint = join(bench.root, 'dir/other disk')
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mountPoint])
    try {
      await bench.put('dir/other disk/precious', '')
      for (const path of ['dir', 'dir/other disk']) {
        const answer = await bench.call('delete_file', { paths: [path], recursive: true })
        expect(answer.text).toContain('is a mount point')
      }
      expect((await remaining('dir')).sort()).toEqual(['a', 'other disk'])
      expect(await remaining('dir/other disk')).toEqual(['precious'])
    } finally {
      execFileSync('umount', [mountPoint])
    }
  })
})

test('parallel calls on the same directory both end, and it is gone', async () => {
  for (let index = 0; index < 200; index += 1) await bench.put(`dir/${index % 10}/f${index}`, '')
  const call = () => bench.call('delete_file', { paths: ['dir'], recursive: true })
  const answers = await Promise.all([call(), call()])
  expect(answers.some(({ ok }) => ok)).toBe(true)
  expect(await remaining()).toEqual([])
})

async function openToAll(): Promise<void> {
  const open = async (path: string): Promise<void> => {
    await chown(path, 65_534, 65_534).catch(() => undefined)
    if (!(await lstat(path)).isDirectory()) return
    for (const name of await readdir(path)) await open(join(path, name))
  }
  await chmod(dirname(bench.root), 0o755)
  await open(bench.root)
}

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

test('a file that is deleted and made again is a new file to the conversation', async () => {
  await bench.put('a.txt', 'old\n')
  await bench.call('read_file', { paths: ['a.txt'] })
  await bench.call('delete_file', { paths: ['a.txt'] })
  const answer = await bench.call('write_file', { path: 'a.txt', content: 'new\n' })
  expect(answer.ok).toBe(true)
  expect(String(await readFile(join(bench.root, 'a.txt')))).toBe('new\n')
})

describe('a call that is sent again under its key', () => {
  test('is answered as before and deletes nothing more', async () => {
    await bench.put('a', 'old')
    const call = () => bench.call('delete_file', { paths: ['a'] }, { key: 'r/1/1' })
    const first = await call()
    await bench.put('a', 'new')
    expect(await call()).toEqual(first)
    expect(await bench.text('a')).toBe('new')
  })

  test('is done again when it was refused or left something', async () => {
    const call = () => bench.call('delete_file', { paths: ['dir'], recursive: true }, { key: 'r/1/2' })
    expect((await call()).text).toContain('There is no "dir"')
    await bench.put('dir/locked/a', '')
    await openToAll()
    await chmod(bench.root, 0o777)
    await mkdir(bench.stateDir, { recursive: true })
    await chown(bench.stateDir, 65_534, 65_534).catch(() => undefined)
    await chmod(join(bench.root, 'dir/locked'), 0o555)
    expect((await asNobody(call)).ok).toBe(false)
    await chmod(join(bench.root, 'dir/locked'), 0o755)
    expect((await call()).ok).toBe(true)
    expect(await remaining()).toEqual([])
  })
})

test('a client that keeps the panel is told which open files went, also with their directory', async () => {
  await bench.put('dir/a', 'a\n')
  await bench.put('b', 'b\n')
  await bench.put('c', 'c\n')
  const options = { keepsPanels: true }
  await bench.call('read_file', { paths: ['dir/a', 'b', 'c'] }, options)
  const answer = await bench.call('delete_file', { paths: ['dir', 'b'], recursive: true }, options)
  expect(answer.changes).toEqual([
    { kind: 'deleted', key: 'dir/a' },
    { kind: 'deleted', key: 'b' },
  ])
})
