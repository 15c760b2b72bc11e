import { chmod, chown, link, lstat, mkdir, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises'
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

const names = async (path = '.'): Promise<string[]> => (await readdir(join(bench.root, path))).sort()

describe('a move', () => {
  test('gives a file its new path, with the directories above made', async () => {
    const path = await bench.put('a.txt', 'content')
    await chmod(path, 0o640)
    const { bytes, mode, ino, mtimeNs } = await bench.state('a.txt')
    const answer = await bench.call('move_file', { from: 'a.txt', to: 'x/y/b.txt' })
    expect(answer.text).toContain('Moved a.txt to x/y/b.txt.')
    expect(answer.facts).toEqual({ from: 'a.txt', to: 'x/y/b.txt', replaced: false })
    expect(await bench.state('x/y/b.txt')).toMatchObject({ bytes, mode, ino, mtimeNs })
    expect(await names()).toEqual(['x'])
  })

  test('takes a directory with all it holds', async () => {
    await bench.put('src/deep/a', 'a')
    const answer = await bench.call('move_file', { from: 'src/', to: 'lib/' })
    expect(answer.text).toContain('Moved src/ to lib/.')
    expect(await bench.text('lib/deep/a')).toBe('a')
    expect(await names()).toEqual(['lib'])
  })

  test('goes by the names that other tools have, and is told in canonical form', async () => {
    await bench.put('a', 'a')
    const answer = await bench.call('move_file', { source: './a', destination: 'x/../b', overwrite: 'true' })
    expect(answer.applied).toEqual({ from: 'a', to: 'b', overwrite: true })
    expect(await names()).toEqual(['b'])
  })

  test('to a path with a slash at its end goes into that directory', async () => {
    await bench.put('a', 'a')
    await bench.put('b', 'b')
    await bench.put('dir/x', '')
    await bench.put('sub/y', '')
    expect((await bench.call('move_file', { from: 'a', to: 'dir/' })).applied).toEqual({ from: 'a', to: 'dir/a' })
    expect((await bench.call('move_file', { from: 'b', to: 'new/' })).applied).toEqual({ from: 'b', to: 'new/b' })
    expect((await bench.call('move_file', { from: 'sub', to: 'dir/' })).applied).toEqual({ from: 'sub', to: 'dir/sub' })
    expect((await bench.call('move_file', { from: 'dir/a', to: '.' })).applied).toEqual({ from: 'dir/a', to: 'a' })
    expect(await names('dir')).toEqual(['sub', 'x'])
  })

  test('changes the case of a name alone', async () => {
    await bench.put('Readme.md', 'x')
    await bench.put('Src/a', 'x')
    expect((await bench.call('move_file', { from: 'Readme.md', to: 'README.md' })).ok).toBe(true)
    expect((await bench.call('move_file', { from: 'Src', to: 'src' })).ok).toBe(true)
    expect(await names()).toEqual(['README.md', 'src'])
  })

  test('takes a symlink itself, whatever it points to', async () => {
    await bench.put('target', 'x')
    await symlink('/etc', join(bench.root, 'out'))
    await symlink('nowhere', join(bench.root, 'dangling'))
    expect((await bench.call('move_file', { from: 'out', to: 'dir/out2' })).ok).toBe(true)
    expect((await bench.call('move_file', { from: 'dangling', to: 'dangling2' })).ok).toBe(true)
    expect(await readlink(join(bench.root, 'dir/out2'))).toBe('/etc')
    expect(await names()).toEqual(['dangling2', 'dir', 'target'])
  })

  test('of a file with several hard links leaves the others', async () => {
    await bench.put('a', 'x')
    await link(join(bench.root, 'a'), join(bench.root, 'b'))
    expect((await bench.call('move_file', { from: 'a', to: 'c' })).ok).toBe(true)
    expect(await names()).toEqual(['b', 'c'])
  })

  test('works where a hard link is forbidden, and replaces nothing there either', async () => {
    await chmod(await bench.put('dir/a', 'of another user'), 0o600)
    await bench.put('dir/b', 'b')
    await chown(join(bench.root, 'dir'), 65_534, 65_534).catch(() => undefined)
    await chmod(dirname(bench.root), 0o755)
    await asNobody(async () => {
      expect((await bench.call('move_file', { from: 'dir/a', to: 'dir/b' })).ok).toBe(false)
      expect((await bench.call('move_file', { from: 'dir/a', to: 'dir/c' })).ok).toBe(true)
    })
    expect(await bench.text('dir/c')).toBe('of another user')
    expect(await names('dir')).toEqual(['b', 'c'])
  })

  test('works with line ends in the names', async () => {
    await bench.put('a\nb', 'x')
    const answer = await bench.call('move_file', { from: 'a\nb', to: 'c\nd' })
    expect(answer.text).toContain('Moved "a\\nb" to "c\\nd".')
    expect(await names()).toEqual(['c\nd'])
  })
})

describe('what stands at the new path', () => {
  test('is not replaced', async () => {
    await bench.put('a', 'a')
    await bench.put('b', 'b')
    await symlink('nowhere', join(bench.root, 'dangling'))
    for (const to of ['b', 'dangling']) {
      const answer = await bench.call('move_file', { from: 'a', to })
      expect(answer.ok).toBe(false)
      expect(answer.text).toContain(`"${to}" exists already. Set "overwrite": true`)
    }
    expect(await bench.text('a')).toBe('a')
    expect(await bench.text('b')).toBe('b')
    expect(await readlink(join(bench.root, 'dangling'))).toBe('nowhere')
  })

  test('is replaced when the call insists', async () => {
    await bench.put('a', 'a')
    await bench.put('b', 'b')
    const answer = await bench.call('move_file', { from: 'a', to: 'b', overwrite: true })
    expect(answer.text).toContain('Moved a to b, replacing what stood there.')
    expect(answer.facts).toMatchObject({ replaced: true })
    expect(await bench.text('b')).toBe('a')
    expect(await names()).toEqual(['b'])
  })

  test('is replaced as a symlink, not what it points to', async () => {
    await bench.put('a', 'a')
    await bench.put('target', 'precious')
    await symlink('target', join(bench.root, 'link'))
    expect((await bench.call('move_file', { from: 'a', to: 'link', overwrite: true })).ok).toBe(true)
    expect((await lstat(join(bench.root, 'link'))).isFile()).toBe(true)
    expect(await bench.text('target')).toBe('precious')
  })

  test('is never replaced when it is a directory, and the answer says how to move into it', async () => {
    await bench.put('a', 'a')
    await bench.put('dir/b', '')
    await mkdir(join(bench.root, 'empty'))
    await symlink('dir', join(bench.root, 'link'))
    for (const overwrite of [false, true]) {
      for (const to of ['dir', 'empty', 'link']) {
        const answer = await bench.call('move_file', { from: 'a', to, overwrite })
        expect(answer.ok).toBe(false)
        expect(answer.text).toContain(`send "${to}/a"`)
      }
      expect((await bench.call('move_file', { from: 'dir', to: 'empty', overwrite })).text).toContain('"empty/dir"')
      expect((await bench.call('move_file', { from: 'dir', to: 'a', overwrite })).ok).toBe(false)
    }
    expect(await names()).toEqual(['a', 'dir', 'empty', 'link'])
  })

  test('as another link to the same file stays, and with overwrite becomes the only name', async () => {
    await bench.put('a', 'x')
    await link(join(bench.root, 'a'), join(bench.root, 'b'))
    await link(join(bench.root, 'a'), join(bench.root, 'A'))
    expect((await bench.call('move_file', { from: 'a', to: 'b' })).text).toContain('hard link')
    expect((await bench.call('move_file', { from: 'a', to: 'A' })).text).toContain('hard link')
    expect(await names()).toEqual(['A', 'a', 'b'])
    expect((await bench.call('move_file', { from: 'a', to: 'b', overwrite: true })).ok).toBe(true)
    expect(await names()).toEqual(['A', 'b'])
    expect(await bench.text('b')).toBe('x')
  })

  test('is written once by parallel moves to one path', async () => {
    const sources = Array.from({ length: 20 }, (_, index) => `s${index}`)
    for (const source of sources) await bench.put(source, source)
    const answers = await Promise.all(sources.map((from) => bench.call('move_file', { from, to: 'one' })))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await names()).toHaveLength(20)
    expect(sources).toContain(await bench.text('one'))
  })
})

test('moves that cross each other both end', async () => {
  await bench.put('a', 'a')
  await bench.put('b', 'b')
  const overwrite = true
  await Promise.all([
    bench.call('move_file', { from: 'a', to: 'b', overwrite }),
    bench.call('move_file', { from: 'b', to: 'a', overwrite }),
  ])
  expect(await names()).toHaveLength(1)
})

describe('nothing is moved', () => {
  test('of a root, or into itself, or onto itself', async () => {
    await bench.put('dir/a', '')
    for (const from of ['.', bench.root, 'dir/..', '..', '/']) {
      expect((await bench.call('move_file', { from, to: 'x' })).ok, from).toBe(false)
    }
    expect((await bench.call('move_file', { from: bench.root, to: 'x' })).text).toContain('is a root')
    expect((await bench.call('move_file', { from: 'dir', to: bench.root, overwrite: true })).ok).toBe(false)
    const inside = await bench.call('move_file', { from: 'dir', to: 'dir/new/sub' })
    expect(inside.text).toContain('cannot be moved into itself')
    expect((await bench.call('move_file', { from: 'dir', to: 'dir/' })).text).toContain('into itself')
    expect((await bench.call('move_file', { from: 'dir/a', to: 'dir/./a' })).text).toContain('is there already')
    await symlink('dir', join(bench.root, 'link'))
    expect((await bench.call('move_file', { from: 'dir', to: 'link/sub' })).text).toContain('into itself')
    expect(await names('dir')).toEqual(['a'])
  })

  test('in or out of the roots', async () => {
    const outside = join(dirname(bench.root), 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'secret'), 'x')
    await bench.put('a', 'a')
    await symlink(outside, join(bench.root, 'out'))
    const calls = [
      { from: '../outside/secret', to: 'b' },
      { from: 'out/secret', to: 'b' },
      { from: 'a', to: '../outside/b' },
      { from: 'a', to: 'out/b' },
      { from: 'a', to: 'out/new/b' },
      { from: 'a', to: 'out/' },
    ]
    for (const call of calls) {
      const answer = await bench.call('move_file', { ...call, overwrite: true })
      expect(answer.text, JSON.stringify(call)).toContain('outside the allowed roots')
    }
    expect(await readdir(outside)).toEqual(['secret'])
    expect(await names()).toEqual(['a', 'out'])
  })

  test('that is not there, or not what its slash says', async () => {
    await bench.put('source', '')
    expect((await bench.call('move_file', { from: 'sorce', to: 'x/y' })).text).toContain('Did you mean "source"')
    expect((await bench.call('move_file', { from: 'source/', to: 'x' })).text).toContain('leave out the "/"')
    expect((await bench.call('move_file', { from: 'source/a', to: 'x' })).text).toContain('There is no')
    expect(await names()).toEqual(['source'])
  })

  test('to a path that cannot be, and no directory is left behind', async () => {
    await bench.put('a', '')
    await bench.put('file', '')
    for (const to of ['file/b', 'file/b/c', 'n'.repeat(300), `new/${'n'.repeat(300)}`, 'b\0', 'b\0/c', '']) {
      const answer = await bench.call('move_file', { from: 'a', to })
      expect(answer.ok, JSON.stringify(to).slice(0, 20)).toBe(false)
    }
    expect((await bench.call('move_file', { from: 'a' })).text).toContain('"to"')
    expect(await names()).toEqual(['a', 'file'])
  })

  test('out of a read-only directory, nor into one', async () => {
    await bench.put('locked/a', 'a')
    await bench.put('locked/sub/b', 'b')
    await bench.put('open/c', 'c')
    await chmod(dirname(bench.root), 0o755)
    for (const path of ['.', 'locked', 'locked/a', 'locked/sub', 'open', 'open/c']) {
      await chown(join(bench.root, path), 65_534, 65_534).catch(() => undefined)
    }
    await chmod(join(bench.root, 'locked'), 0o555)
    const calls = [
      { from: 'locked/a', to: 'open/a' },
      { from: 'locked/sub', to: 'open/sub' },
      { from: 'open/c', to: 'locked/c' },
      { from: 'open/c', to: 'locked/a', overwrite: true },
    ]
    for (const call of calls) {
      const answer = await asNobody(() => bench.call('move_file', call))
      expect(answer.text, JSON.stringify(call)).toContain('permission denied. Nothing was changed.')
    }
    expect(await names('locked')).toEqual(['a', 'sub'])
    expect(await names('open')).toEqual(['c'])
    expect((await stat(join(bench.root, 'locked/a'))).nlink).toBe(1)
    await chmod(join(bench.root, 'locked'), 0o755)
  })
})

describe('a call that is sent again under its key', () => {
  test('is answered as before and moves nothing more', async () => {
    await bench.put('a', 'first')
    const call = () => bench.call('move_file', { from: 'a', to: 'b' }, { key: 'r/1/1' })
    const first = await call()
    await bench.put('a', 'second')
    expect(await call()).toEqual(first)
    expect(await bench.text('a')).toBe('second')
    expect(await bench.text('b')).toBe('first')
  })

  test('is done when it was refused before', async () => {
    const call = () => bench.call('move_file', { from: 'a', to: 'b' }, { key: 'r/1/2' })
    expect((await call()).ok).toBe(false)
    await bench.put('a', 'x')
    expect((await call()).ok).toBe(true)
    expect(await names()).toEqual(['b'])
  })
})

test('a client that keeps the panel is told where open files went, also with their directory', async () => {
  await bench.put('dir/a', 'a\n')
  await bench.put('b', 'b\n')
  const options = { keepsPanels: true }
  await bench.call('read_file', { paths: ['dir/a', 'b'] }, options)
  const answer = await bench.call('move_file', { from: 'dir', to: 'new/dir' }, options)
  expect(answer.changes).toEqual([{ kind: 'moved', key: 'dir/a', to: 'new/dir/a' }])
  const edits = [{ lines: '1', first_line: 'a', new_text: 'b' }]
  expect((await bench.call('edit_file', { path: 'new/dir/a', edits }, options)).ok).toBe(true)
})
