import { chmod, mkdir, mkdtemp, realpath, rename, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asNobody } from '../tools/as-nobody.fixture.js'
import { createLooks } from './looks.js'
import { createPathIndex, type PathIndex } from './path-index.js'
import type { Paths } from './paths.js'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const looks = createLooks({ log })

let root: string
let index: PathIndex

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'files-index-')))
  index = createPathIndex(root, { looks })
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

async function put(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
}

function all({ folders }: Paths): string[] {
  return folders.flatMap(({ prefix, names }) => names.map((name) => prefix + name)).sort()
}

async function paths(of = index): Promise<string[]> {
  return (await of.search(all, new AbortController().signal)).found
}

/** An index that takes everything for old: it reads nothing again only to be on the safe side. */
async function settle(): Promise<void> {
  index = createPathIndex(root, { looks, nowMs: () => Date.now() + 3_600_000 })
  await paths()
  await fileClockTick()
}

/** Until the next change gets another time than the last one. */
async function fileClockTick(): Promise<void> {
  const probe = `${root}-probe`
  const changedMs = async (): Promise<number> => {
    await writeFile(probe, '')
    return (await stat(probe)).ctimeMs
  }
  const first = await changedMs()
  while ((await changedMs()) === first);
  await unlink(probe)
}

describe('an index has what others', () => {
  test.each([false, true])('made, deleted or renamed a moment ago (settled before: %s)', async (settled) => {
    await put('a')
    await put('dir/b')
    await mkdir(join(root, 'empty/inner'), { recursive: true })
    if (settled) await settle()
    expect(await paths()).toEqual(['a', 'dir/b'])
    await fileClockTick()
    await put('c')
    await put('empty/inner/d')
    await put('dir/new/deep/e')
    expect(await paths()).toEqual(['a', 'c', 'dir/b', 'dir/new/deep/e', 'empty/inner/d'])
    await fileClockTick()
    await rm(join(root, 'dir/new'), { recursive: true })
    await unlink(join(root, 'a'))
    expect(await paths()).toEqual(['c', 'dir/b', 'empty/inner/d'])
    await fileClockTick()
    await rename(join(root, 'dir'), join(root, 'moved'))
    expect(await paths()).toEqual(['c', 'empty/inner/d', 'moved/b'])
    await fileClockTick()
    await rename(join(root, 'c'), join(root, 'moved/c'))
    expect(await paths()).toEqual(['empty/inner/d', 'moved/b', 'moved/c'])
  })

  test.each([false, true])('changed in the ignore files (settled before: %s)', async (settled) => {
    await put('a.log')
    await put('b')
    await put('sub/c.log')
    if (settled) await settle()
    expect(await paths()).toEqual(['a.log', 'b', 'sub/c.log'])
    await put('.gitignore', '*.log\n')
    expect(await paths()).toEqual(['.gitignore', 'b'])
    if (settled) await settle()
    await writeFile(join(root, '.gitignore'), 'b\n')
    expect(await paths()).toEqual(['.gitignore', 'a.log', 'sub/c.log'])
    await fileClockTick()
    await put('sub/.ignore', '!b\nc.log\n')
    await put('sub/b')
    expect(await paths()).toEqual(['.gitignore', 'a.log', 'sub/.ignore', 'sub/b'])
    await fileClockTick()
    await unlink(join(root, '.gitignore'))
    expect(await paths()).toEqual(['a.log', 'b', 'sub/.ignore', 'sub/b'])
  })

  test('did with directories that changed places', async () => {
    await put('one/sub/a')
    await put('two/sub/b')
    await settle()
    await rename(join(root, 'one'), join(root, 'three'))
    await rename(join(root, 'two'), join(root, 'one'))
    await rename(join(root, 'three'), join(root, 'two'))
    expect(await paths()).toEqual(['one/sub/b', 'two/sub/a'])
  })

  test('did and then set the clock of the directory back', async () => {
    await put('dir/a')
    await utimes(join(root, 'dir'), 1_000, 1_000)
    await settle()
    await put('dir/b')
    await utimes(join(root, 'dir'), 1_000, 1_000)
    expect(await paths()).toEqual(['dir/a', 'dir/b'])
  })
})

/** Each run waits for the clock of the file system. */
const fewer = { numRuns: (fc.readConfigureGlobal().numRuns ?? 1_000) / 10 }

test('any sequence of changes leads to what a new index has', async () => {
  const name = fc.constantFrom('a', 'b', 'c', '.gitignore')
  const place = fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }).map((parts) => parts.join('/'))
  const change = fc.record({
    kind: fc.constantFrom('file', 'directory', 'delete', 'rename'),
    place,
    name,
    to: place,
    content: fc.constantFrom('', 'a\n', 'x/\n', '*\n!*/\n!b\n'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 5 }), async (rounds) => {
      await rm(root, { recursive: true })
      await mkdir(root)
      const old = createPathIndex(root, { looks })
      for (const changes of rounds) {
        for (const { kind, place: at, name: entry, to, content } of changes) {
          if (kind === 'file') await put(join(at, entry), content).catch(() => undefined)
          if (kind === 'directory') await mkdir(join(root, at), { recursive: true }).catch(() => undefined)
          if (kind === 'delete' && at !== '') await rm(join(root, at), { recursive: true, force: true })
          if (kind === 'rename' && at !== '' && to !== '')
            await rename(join(root, at), join(root, to)).catch(() => undefined)
        }
        expect(await paths(old)).toEqual(await paths(createPathIndex(root, { looks })))
      }
    }),
    fewer,
  )
})

describe('an index', () => {
  test('leaves out .git and lists symlinks without following them', async () => {
    await put('.git/HEAD')
    await put('sub/.git/HEAD')
    await put('.github/ci.yml')
    await symlink('/etc', join(root, 'etc'))
    await symlink('.', join(root, 'loop'))
    expect(await paths()).toEqual(['.github/ci.yml', 'etc', 'loop'])
  })

  test('of a directory that became a symlink forgets what was in it', async () => {
    await put('dir/a')
    expect(await paths()).toEqual(['dir/a'])
    await rm(join(root, 'dir'), { recursive: true })
    await symlink('/etc', join(root, 'dir'))
    expect(await paths()).toEqual(['dir'])
  })

  test('of a root that has gone is empty, and full again when it is back', async () => {
    await put('a')
    expect(await paths()).toEqual(['a'])
    await rm(root, { recursive: true })
    expect(await paths()).toEqual([])
    await put('b')
    expect(await paths()).toEqual(['b'])
  })

  test('passes over directories that may not be read, until they may', async () => {
    await put('closed/a')
    await put('b')
    await chmod(root, 0o755)
    await chmod(join(root, 'closed'), 0o000)
    expect(await asNobody(() => paths())).toEqual(['b'])
    await chmod(join(root, 'closed'), 0o755)
    expect(await paths()).toEqual(['b', 'closed/a'])
  })

  test('holds no more than its limit, the deepest left out, and fills up when there is room', async () => {
    for (let at = 0; at < 10; at += 1) await put(`top${at}`)
    for (let at = 0; at < 30; at += 1) await put(`dir/deep${at}`)
    const small = createPathIndex(root, { looks, max: 20 })
    const { found, complete } = await small.search(all, new AbortController().signal)
    expect(complete).toBe(false)
    expect(found.length).toBeLessThanOrEqual(20)
    expect(found.filter((path) => path.startsWith('top'))).toHaveLength(10)
    for (let at = 0; at < 30; at += 1) if (at !== 7) await unlink(join(root, `dir/deep${at}`))
    const later = await small.search(all, new AbortController().signal)
    expect(later.complete).toBe(true)
    expect(later.found).toContain('dir/deep7')
  })

  test('that is full sees what changes within the tick of the clock in which it was read', async () => {
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(['a', 'b', 'c'].map((name) => put(`${round}/${name}`)))
      const full = createPathIndex(join(root, `${round}`), { looks, max: 3 })
      const [gone] = await paths(full)
      await unlink(join(root, `${round}/${gone}`))
      expect(await paths(full)).toEqual(['a', 'b', 'c'].filter((name) => name !== gone))
    }
  })

  test('that was cancelled in the middle is whole the next time', async () => {
    for (let at = 0; at < 50; at += 1) await put(`d${at}/sub/a`)
    const abort = new AbortController()
    const cancelled = index.search(all, abort.signal)
    abort.abort()
    await expect(cancelled).rejects.toThrow()
    expect(await paths()).toHaveLength(50)
  })

  test('asked several times at once answers each with what is there', async () => {
    await put('a')
    const first = paths()
    await put('b')
    const [, second] = await Promise.all([first, paths()])
    expect(second).toEqual(['a', 'b'])
  })

  test('is searched once while nothing changes, and again for what has', async () => {
    await put('a')
    await settle()
    const seen: number[] = []
    const count = (of: Paths): number => seen.push(all(of).length)
    const search = async (): Promise<number[]> => {
      await index.search(count, new AbortController().signal)
      return seen.splice(0)
    }
    expect(await search()).toEqual([1])
    await put('b')
    expect(await search()).toEqual([1, 2])
  })
})
