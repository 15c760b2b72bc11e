import { mkdir, mkdtemp, readdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createJail, type Jail } from '@auroracoder/kit/jail'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeEntry } from './remove.js'

let folder: string
let root: string
let outside: string
let jail: Jail

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'files-remove-')))
  root = join(folder, 'root')
  outside = join(folder, 'outside')
  await mkdir(join(root, 'dir/sub'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(outside, 'precious'), 'x')
  jail = await createJail([root])
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function checked(path: string) {
  const stats = await stat(path, { bigint: true })
  return { jail, path, stats, signal: new AbortController().signal, progress: () => {} }
}

describe('between the check and the deletion', () => {
  test('a directory that became a symlink is unlinked, not followed', async () => {
    const removing = await checked(join(root, 'dir'))
    await rename(join(root, 'dir'), join(root, 'moved'))
    await symlink(outside, join(root, 'dir'))
    expect(await removeEntry(removing)).toEqual({ removed: 1, left: [] })
    expect(await readdir(outside)).toEqual(['precious'])
    expect(await readdir(root)).toEqual(['moved'])
  })

  test('a parent that became a symlink out of the roots is noticed', async () => {
    await writeFile(join(root, 'dir/precious'), 'x')
    const removing = await checked(join(root, 'dir/precious'))
    await rename(join(root, 'dir'), join(root, 'moved'))
    await symlink(outside, join(root, 'dir'))
    const { removed, left } = await removeEntry(removing)
    expect(removed).toBe(0)
    expect(left[0]?.reason).toContain('replaced just now')
    expect(await readdir(outside)).toEqual(['precious'])
  })

  test('a file that became a directory stays', async () => {
    await writeFile(join(root, 'file'), 'x')
    const removing = await checked(join(root, 'file'))
    await rm(join(root, 'file'))
    await mkdir(join(root, 'file/with'), { recursive: true })
    expect(await removeEntry(removing)).toEqual({ removed: 0, left: [{ path: 'file', reason: 'it is a directory' }] })
  })

  test('what has gone is gone', async () => {
    const removing = await checked(join(root, 'dir'))
    await rm(join(root, 'dir'), { recursive: true })
    expect(await removeEntry(removing)).toEqual({ removed: 1, left: [] })
  })
})

test('a directory that is swapped for a symlink again and again never leads outside', async () => {
  const swapped = join(root, 'dir/sub')
  let running = true
  const swapping = (async () => {
    while (running) {
      await rename(swapped, join(root, 'aside')).catch(() => undefined)
      await symlink(outside, swapped).catch(() => undefined)
      await rm(swapped).catch(() => undefined)
      await rename(join(root, 'aside'), swapped).catch(() => undefined)
    }
  })()
  try {
    for (let round = 0; round < 100; round += 1) {
      await mkdir(join(root, 'dir/sub/a'), { recursive: true }).catch(() => undefined)
      await removeEntry(await checked(join(root, 'dir'))).catch(() => undefined)
      await mkdir(join(root, 'dir'), { recursive: true })
    }
  } finally {
    running = false
    await swapping
  }
  expect(await readdir(outside)).toContain('precious')
})
