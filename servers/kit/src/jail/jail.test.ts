import { execFile } from 'node:child_process'
import { closeSync, constants, fstatSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contains, createJail, Failure, type Jail } from './index.js'

let base: string
let root: string
let jail: Jail

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'auroracoder-jail-')))
  root = join(base, 'ws')
  await mkdir(join(root, 'sub'), { recursive: true })
  await mkdir(join(base, 'ws2'))
  await writeFile(join(root, 'in.txt'), 'inside')
  await writeFile(join(base, 'ws2', 'out.txt'), 'outside')
  jail = await createJail([root])
})
afterEach(() => rm(base, { recursive: true }))

describe('a path inside', () => {
  it.each([
    ['in.txt', 'in.txt'],
    ['./sub/../in.txt', 'in.txt'],
    ['sub//', 'sub'],
    ['.', '.'],
    ['', '.'],
    ['not/yet/there.txt', 'not/yet/there.txt'],
    ['in.txt/below-a-file', 'in.txt/below-a-file'],
    ['..dots', '..dots'],
    ['...', '...'],
  ])('%j is resolved and shown as %j', async (path, shown) => {
    const resolved = await jail.resolve(path)
    expect(resolved).toBe(join(root, shown))
    expect(jail.display(resolved)).toBe(shown)
  })

  it('may be absolute, and may lead through a symlink that stays inside', async () => {
    await symlink('sub', join(root, 'link'))
    expect(await jail.resolve(join(root, 'in.txt'))).toBe(join(root, 'in.txt'))
    expect(await jail.resolve('link/new.txt')).toBe(join(root, 'sub', 'new.txt'))
  })

  it('may be where a dangling symlink would create it', async () => {
    await symlink('sub/later.txt', join(root, 'link'))
    expect(await jail.resolve('link')).toBe(join(root, 'sub', 'later.txt'))
    expect(await jail.resolve('link/x')).toBe(join(root, 'sub', 'later.txt', 'x'))
  })

  it('is one file by whatever root it is reached', async () => {
    const both = await createJail([root, join(base, 'ws2')])
    const other = await both.resolve('../ws2/out.txt')
    expect(other).toBe(join(base, 'ws2', 'out.txt'))
    expect(both.display(other)).toBe(other)
  })
})

describe('a path outside', () => {
  it.each([
    ['by dots', '../ws2/out.txt'],
    ['by dots after a component that does not exist', 'nothing/../../ws2/out.txt'],
    ['by an absolute path', '/etc/passwd'],
    ['by a root whose name begins like ours', '../ws2'],
    ['as the parent of the root', '..'],
    ['as the root of everything', '/'],
  ])('%s is refused with the roots named', async (_, path) => {
    await expect(jail.resolve(path)).rejects.toThrow(Failure)
    await expect(jail.resolve(path)).rejects.toThrow(`outside the allowed roots. Allowed: ${root}.`)
  })

  it.each([
    ['a symlink to a file', '../ws2/out.txt', 'link'],
    ['a symlink to a directory', '../ws2', 'link/out.txt'],
    ['a symlink to a directory, to a file that does not exist', '../ws2', 'link/new/deep.txt'],
    ['a dangling symlink', '../ws2/new.txt', 'link'],
    ['a dangling symlink to a directory that does not exist', '../elsewhere', 'link/new.txt'],
    ['an absolute dangling symlink', '/nonexistent/new.txt', 'link'],
  ])('is refused through %s', async (_, target, path) => {
    await symlink(target, join(root, 'link'))
    await expect(jail.resolve(path)).rejects.toThrow('outside the allowed roots')
  })

  it('is refused through a chain of dangling symlinks', async () => {
    await symlink('b', join(root, 'a'))
    await symlink('sub/c', join(root, 'b'))
    await symlink('../../ws2/new.txt', join(root, 'sub', 'c'))
    await expect(jail.resolve('a')).rejects.toThrow('outside the allowed roots')
  })

  it('is never what any string resolves to', async () => {
    await symlink('../ws2', join(root, 'out'))
    await symlink('sub', join(root, 'in'))
    await symlink('../../ws2/new', join(root, 'sub', 'dangling'))
    const component = fc.constantFrom(
      '..',
      '.',
      '',
      'in',
      'out',
      'sub',
      'dangling',
      'in.txt',
      'out.txt',
      'new',
      'ws2',
      ' ',
    )
    const path = fc.array(component, { maxLength: 7 }).map((parts) => parts.join('/'))
    await fc.assert(
      fc.asyncProperty(path, async (asked) => {
        const resolved = await jail.resolve(asked).catch((error: unknown) => {
          if (error instanceof Failure) return root
          throw error
        })
        expect(contains(root, resolved)).toBe(true)
        // What exists is no symlink any more, so opening it leads nowhere else.
        expect(await realpath(resolved).catch(() => resolved)).toBe(resolved)
      }),
    )
  })
})

describe('a path that cannot be one', () => {
  it('holds a NUL', async () => {
    await expect(jail.resolve('in.txt\0.png')).rejects.toThrow(new Failure('A path must not contain a NUL character.'))
  })

  it('is a loop of symlinks', async () => {
    await symlink('two', join(root, 'one'))
    await symlink('one', join(root, 'two'))
    await expect(jail.resolve('one')).rejects.toThrow(/loop of symbolic links/)
    await expect(jail.resolve('one/x')).rejects.toThrow(/loop of symbolic links/)
  })

  it.each([
    ['in one component', 'x'.repeat(300)],
    ['in all', 'x/'.repeat(3_000)],
  ])('is too long %s', async (_, path) => {
    const failure = await jail.resolve(path).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(String(failure).length).toBeLessThan(200)
  })

  it('lies in a directory that may not be entered', async () => {
    await chmod(join(root, 'sub'), 0)
    await withoutPrivilege(async () => {
      await expect(jail.resolve('sub/x')).rejects.toThrow(/permission denied/)
    })
    await chmod(join(root, 'sub'), 0o700)
  })
})

const nobody = 65_534

/** Root may enter every directory. */
async function withoutPrivilege(run: () => Promise<void>): Promise<void> {
  const { geteuid, seteuid } = process
  if (geteuid?.() !== 0) return run()
  seteuid?.(nobody)
  try {
    await run()
  } finally {
    seteuid?.(0)
  }
}

describe('opening', () => {
  const read = constants.O_RDONLY

  it('reads a file inside', async () => {
    const descriptor = jail.open(await jail.resolve('in.txt'), read)
    expect(readFileSync(descriptor, 'utf8')).toBe('inside')
    closeSync(descriptor)
  })

  it('refuses a symlink that was swapped in after the path was resolved', async () => {
    const resolved = await jail.resolve('in.txt')
    await rm(resolved)
    await symlink(join(base, 'ws2', 'out.txt'), resolved)
    expect(() => jail.open(resolved, read)).toThrow(Failure)
    expect(() => jail.open(resolved, constants.O_RDWR)).toThrow(/symbolic link/)
  })

  it('refuses a directory that was swapped for a symlink after the path was resolved', async () => {
    await writeFile(join(root, 'sub', 'out.txt'), 'inside')
    const resolved = await jail.resolve('sub/out.txt')
    await rename(join(root, 'sub'), join(root, 'gone'))
    await symlink(join(base, 'ws2'), join(root, 'sub'))
    expect(() => jail.open(resolved, read)).toThrow('outside the allowed roots')
  })

  it('refuses a path that was never resolved', () => {
    expect(() => jail.open(join(base, 'ws2', 'out.txt'), read)).toThrow('outside the allowed roots')
  })

  it('never makes or empties a file, which it could do outside before it looks', async () => {
    const outside = join(base, 'ws2', 'out.txt')
    for (const flags of [constants.O_RDWR | constants.O_TRUNC, constants.O_RDWR | constants.O_CREAT]) {
      expect(() => jail.open(outside, flags)).toThrow(/O_CREAT and O_TRUNC/)
    }
    expect(await readFile(outside, 'utf8')).toBe('outside')
  })

  it('does not wait for the other end of a FIFO', async () => {
    await promisify(execFile)('mkfifo', [join(root, 'fifo')])
    const descriptor = jail.open(await jail.resolve('fifo'), read)
    expect(fstatSync(descriptor).isFIFO()).toBe(true)
    closeSync(descriptor)
    expect(() => jail.open(join(root, 'fifo'), constants.O_WRONLY)).toThrow(/ENXIO/)
  })

  it('says that there is no such file as the system does', async () => {
    const missing = await jail.resolve('nothing')
    expect(() => jail.open(missing, read)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

describe('roots', () => {
  it('are resolved once, also through a symlink', async () => {
    await symlink('ws', join(base, 'alias'))
    const { roots, resolve } = await createJail([join(base, 'alias')])
    expect(roots).toEqual([root])
    expect(await resolve(join(base, 'alias', 'in.txt'))).toBe(join(root, 'in.txt'))
  })

  it('must be there and be named', async () => {
    await expect(createJail([])).rejects.toThrow(/at least one root/)
    await expect(createJail([root, join(base, 'nothing')])).rejects.toThrow(
      `Root "${join(base, 'nothing')}" cannot be used`,
    )
  })

  it('contain by components', () => {
    expect(contains('/ws', '/ws')).toBe(true)
    expect(contains('/ws', '/ws/a/b')).toBe(true)
    expect(contains('/ws', '/ws/..a')).toBe(true)
    expect(contains('/', '/etc')).toBe(true)
    expect(contains('/ws', '/ws2')).toBe(false)
    expect(contains('/ws', dirname('/ws'))).toBe(false)
    expect(contains('/ws/a', '/ws/b')).toBe(false)
  })
})
