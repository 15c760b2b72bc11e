import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  writeFile as put,
  readFile as read,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  watch,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createJail, type Jail } from '@auroracoder/kit/jail'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bytesOf } from '../text/bytes.js'
import { createLocks } from './lock.js'
import { withParents } from './parents.js'
import { readFile } from './read.js'
import { startSource } from './source-process.fixture.js'
import { createTempFiles, sweepTempFiles, type TempFiles } from './temp-files.js'
import { writeFile } from './write.js'

const log = { debug() {}, info() {}, warn: vi.fn(), error() {} }

let folder: string
let root: string
let stateDir: string
let jail: Jail
let temps: TempFiles

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-disk-')))
  root = join(folder, 'root')
  stateDir = join(folder, 'state')
  await mkdir(root)
  jail = await createJail([root])
  temps = createTempFiles({ stateDir, log })
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function write(name: string, content: string): Promise<void> {
  const path = join(root, name)
  await writeFile({ jail, temps, path, bytes: bytesOf(Buffer.from(content)), before: await readFile(jail, path) })
}

describe('writing', () => {
  test('puts a new file there with the mode that the umask leaves', async () => {
    await write('a', 'x')
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o666 & ~process.umask())
    expect(await readdir(root)).toEqual(['a'])
    temps.close()
    expect(await readdir(join(stateDir, 'temp'))).toEqual([])
  })

  test('keeps set-user-id and sticky bits of a file that it replaces', async () => {
    await put(join(root, 'a'), 'x')
    await chmod(join(root, 'a'), 0o4755)
    await write('a', 'y')
    expect((await stat(join(root, 'a'))).mode & 0o7777).toBe(0o4755)
  })

  test('gives the old content to who has the file open, and the new to who opens it', async () => {
    await put(join(root, 'a'), 'old')
    const handle = await open(join(root, 'a'))
    await write('a', 'new')
    expect(String(await handle.readFile())).toBe('old')
    await handle.close()
    expect(String(await read(join(root, 'a')))).toBe('new')
  })

  test('in place shortens and lengthens a file with several links', async () => {
    await put(join(root, 'a'), 'four')
    await link(join(root, 'a'), join(root, 'b'))
    await write('a', 'a longer text')
    expect(String(await read(join(root, 'b')))).toBe('a longer text')
    await write('b', 's')
    expect(String(await read(join(root, 'a')))).toBe('s')
  })

  test('works without a place for notes', async () => {
    await put(stateDir, 'a file where the folder should be')
    await write('a', 'x')
    expect(String(await read(join(root, 'a')))).toBe('x')
    expect(log.warn).toHaveBeenCalled()
  })
})

describe('a write is refused, and nothing is left over,', () => {
  test('when the file has changed since it was read', async () => {
    const path = join(root, 'a')
    await put(path, 'one')
    const before = await readFile(jail, path)
    await put(path, 'somebody else')
    await expect(writeFile({ jail, temps, path, bytes: bytesOf(Buffer.from('mine')), before })).rejects.toThrow(
      'changed by someone else',
    )
    expect(String(await read(path))).toBe('somebody else')
    expect(await readdir(root)).toEqual(['a'])
  })

  test('when a file with several links has changed since it was read', async () => {
    const path = join(root, 'a')
    await put(path, 'one')
    await link(path, join(root, 'b'))
    const before = await readFile(jail, path)
    await put(path, 'else')
    await expect(writeFile({ jail, temps, path, bytes: bytesOf(Buffer.from('mine')), before })).rejects.toThrow(
      'changed by someone else',
    )
    expect(String(await read(path))).toBe('else')
  })

  test('when a file has come or gone since', async () => {
    const path = join(root, 'a')
    await put(path, 'came')
    const writing = { jail, temps, path, bytes: bytesOf(Buffer.from('mine')) }
    await expect(writeFile({ ...writing, before: undefined })).rejects.toThrow('changed by someone else')
    const before = await readFile(jail, path)
    await rm(path)
    await expect(writeFile({ ...writing, before })).rejects.toThrow('removed by someone else')
    expect(await readdir(root)).toEqual([])
  })

  test('when a symlink out of the roots has taken the place of the directory', async () => {
    await mkdir(join(root, 'dir'))
    await put(join(root, 'dir/a'), 'inside')
    const path = join(root, 'dir/a')
    const before = await readFile(jail, path)
    await mkdir(join(folder, 'outside'))
    await rename(join(root, 'dir'), join(root, 'moved'))
    await symlink(join(folder, 'outside'), join(root, 'dir'))
    await expect(writeFile({ jail, temps, path, bytes: bytesOf(Buffer.from('x')), before })).rejects.toThrow(
      'was replaced just now',
    )
    expect(await readdir(join(folder, 'outside'))).toEqual([])
  })

  test('when its name is too long', async () => {
    await expect(write('n'.repeat(256), 'x')).rejects.toThrow()
    expect(await readdir(root)).toEqual([])
  })

  test.runIf(process.platform === 'linux')('below a directory that takes no others', async () => {
    const system = await createJail(['/proc'])
    const asked = withParents(system, '/proc/no/such/place/a', async () => {})
    await expect(asked).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.skipIf(!canMount())('with the reason why no directory can be made', async () => {
    const path = join(root, 'fixed')
    await mkdir(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', path])
    try {
      const asked = withParents(jail, join(path, 'new/er/a'), async () => {})
      await expect(asked).rejects.toThrow('Directory "fixed/new/er" cannot be made: the file system is read-only.')
    } finally {
      execFileSync('umount', [path])
    }
  })

  test('with the directories that were made for it', async () => {
    await mkdir(join(root, 'stays'))
    const path = join(root, 'stays/new/er/a')
    const failing = withParents(jail, path, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await readdir(join(root, 'stays'))).toEqual([])
    const long = join(root, `stays/new/${'n'.repeat(256)}/a`)
    await expect(withParents(jail, long, async () => {})).rejects.toThrow('its name is too long')
    expect(await readdir(join(root, 'stays'))).toEqual([])
  })
})

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0
}

test('P11: a process killed at any moment leaves the old or the new file whole, and its temp file is swept', async () => {
  const size = 8_000_000
  const path = join(root, 'target')
  await put(path, Buffer.alloc(size, 'a'))
  let betweenWriteAndRename = 0
  for (let round = 1; round <= 4; round += 1) {
    const writer = await startSource(new URL('./writer.fixture.ts', import.meta.url), [root, stateDir, String(size)])
    await eventsOfTempFiles(round)
    await writer.kill()
    const content = await read(path)
    expect(content.length).toBe(size)
    expect([97, 98]).toContain(content[0])
    expect(content.equals(Buffer.alloc(size, content[0]))).toBe(true)
    if ((await readdir(root)).length > 1) betweenWriteAndRename += 1
    await sweepTempFiles({ stateDir, roots: [root] })
    expect(await readdir(root)).toEqual(['target'])
    expect(await readdir(join(stateDir, 'temp'))).toEqual([])
  }
  expect(betweenWriteAndRename).toBeGreaterThan(0)
}, 60_000)

/** Waits until so many things have happened to temp files in the root: made, written to, renamed. */
async function eventsOfTempFiles(count: number): Promise<void> {
  let seen = 0
  for await (const { filename } of watch(root)) {
    if (filename?.endsWith('.tmp')) seen += 1
    if (seen >= count) return
  }
}

test('P11: whenever a writing process is stopped, the old or the new file is there whole', {
  tags: ['long'],
}, async (context) => {
  if (process.platform !== 'linux') return context.skip('only Linux tells without delay that a process has stopped')
  const size = 300_000
  const path = join(root, 'target')
  await put(path, Buffer.alloc(size, 'a'))
  const writer = await startSource(new URL('./writer.fixture.ts', import.meta.url), [root, stateDir, String(size)])
  const seen = { a: 0, b: 0, withTempFile: 0 }
  try {
    await fc.assert(
      fc.asyncProperty(fc.nat(3_000), async (us) => {
        // What a stopped process leaves on the disk is what it would leave if it were killed.
        await stopAfter(writer.pid, us)
        const content = await read(path)
        const letter = content[0] === 97 ? 'a' : 'b'
        expect(content.equals(Buffer.alloc(size, letter))).toBe(true)
        seen[letter] += 1
        if ((await readdir(root)).length > 1) seen.withTempFile += 1
        process.kill(writer.pid, 'SIGCONT')
      }),
    )
  } finally {
    await writer.kill()
  }
  expect(Math.min(seen.a, seen.b, seen.withTempFile)).toBeGreaterThan(10)
})

/** Stops the process after some microseconds, with all its threads. */
async function stopAfter(pid: number, us: number): Promise<void> {
  const until = performance.now() + us / 1_000
  while (performance.now() < until) await nextTurn()
  process.kill(pid, 'SIGSTOP')
  while (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') T ')) await nextTurn()
}

describe('the sweep', () => {
  const dead = 2 ** 22 + 1

  async function note(id: string, directory: string, left = `.auroracoder-${id}-7.tmp`): Promise<string> {
    await mkdir(join(stateDir, 'temp'), { recursive: true })
    await put(join(stateDir, 'temp', id), directory)
    await put(join(directory, left), 'left over')
    return join(directory, left)
  }

  test('removes what a dead process left, and its note', async () => {
    await note(`${dead}-aa-0`, root)
    await sweepTempFiles({ stateDir, roots: [root] })
    expect(await readdir(root)).toEqual([])
    expect(await readdir(join(stateDir, 'temp'))).toEqual([])
  })

  test('leaves temp files of living processes, and those of other workspaces', async () => {
    const living = await note(`${process.pid}-aa-0`, root)
    const foreign = await note(`${dead}-bb-0`, folder)
    await sweepTempFiles({ stateDir, roots: [root] })
    for (const path of [living, foreign]) expect(String(await read(path))).toBe('left over')
  })

  test('removes what a process left that had the id of this one', async () => {
    const left = await note(`${process.pid}-aa-0`, root)
    const longAgo = new Date(Date.now() - 86_400_000)
    await utimes(join(stateDir, 'temp', `${process.pid}-aa-0`), longAgo, longAgo)
    await sweepTempFiles({ stateDir, roots: [root] })
    await expect(stat(left)).rejects.toThrow('ENOENT')
  })

  test('removes only what is named like its note', async () => {
    const others = [`.auroracoder-${dead}-aa-01.tmp`, `.auroracoder-${dead}-bb-0-7.tmp`, 'precious']
    for (const name of others) await note(`${dead}-aa-0`, root, name)
    await sweepTempFiles({ stateDir, roots: [root] })
    expect((await readdir(root)).toSorted()).toEqual(others.toSorted())
  })

  test('does nothing where there is nothing', async () => {
    await sweepTempFiles({ stateDir: join(folder, 'none'), roots: [root] })
  })
})

describe('locks', () => {
  test('run tasks of one key in order, also after a failure, and those of others at once', async () => {
    const locks = createLocks()
    const order: string[] = []
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const first = locks.run('a', async () => {
      await gate
      order.push('first')
      throw new Error('failed')
    })
    const second = locks.run('a', async () => void order.push('second'))
    await locks.run('b', async () => void order.push('other'))
    open()
    await expect(first).rejects.toThrow('failed')
    await second
    expect(order).toEqual(['other', 'first', 'second'])
  })
})

test('reading follows what the path leads to, not what it is', async () => {
  await put(join(root, 'a'), 'x')
  await symlink('a', join(root, 'b'))
  expect((await lstat(join(root, 'b'))).isSymbolicLink()).toBe(true)
  const real = await jail.resolve('b')
  expect(String((await readFile(jail, real))?.bytes.whole())).toBe('x')
})
