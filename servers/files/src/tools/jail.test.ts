import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
let secret: string

beforeEach(async () => {
  bench = await createWorkbench()
  const outside = join(dirname(bench.root), 'root2')
  await mkdir(outside)
  secret = join(outside, 'secret.txt')
  await writeFile(secret, 'secret\n')
  await symlink(secret, join(bench.root, 'link'))
  await symlink(outside, join(bench.root, 'dirlink'))
  await symlink(join(outside, 'not-yet'), join(bench.root, 'dangling'))
})

afterEach(async () => {
  await bench.remove()
})

const outsidePaths = (): [string, string][] => [
  ['by ..', '../root2/secret.txt'],
  ['by an absolute path', secret],
  ['by a name that only begins like the root', `${bench.root}2/secret.txt`],
  ['by a symlink', 'link'],
  ['through a symlinked directory', 'dirlink/secret.txt'],
  ['by .. from below', 'a/b/../../../root2/secret.txt'],
  ['by a dangling symlink', 'dangling'],
  ['the state folder', join(bench.stateDir, 'x')],
]

describe('what lies outside the roots is neither read nor written', () => {
  test('by any tool', async () => {
    for (const [how, path] of outsidePaths()) {
      const calls = {
        read_file: { paths: [path] },
        write_file: { path, content: 'x', overwrite: true },
        edit_file: { path, edits: [{ old_text: 'secret', new_text: 'x' }] },
        list_directory: { path },
        grep_search: { pattern: 'secret', path },
      }
      for (const [tool, args] of Object.entries(calls)) {
        const answer = await bench.call(tool, args)
        expect(answer.ok, `${tool} ${how}`).toBe(false)
        expect(answer.text, `${tool} ${how}`).toContain('outside the allowed roots')
      }
    }
    expect(await readFile(secret, 'utf8')).toBe('secret\n')
  })

  test('by a search that meets a symlink', async () => {
    const answer = await bench.call('grep_search', { pattern: 'secret' })
    expect(answer.text).toBe('No matches.')
    const listed = await bench.call('list_directory', { depth: 8 })
    expect(listed.text).not.toContain('secret.txt\n')
    expect(listed.text).toContain('dangling -> ')
    expect(listed.text).toContain('(broken symlink)')
  })

  test('with a NUL in the name', async () => {
    const answer = await bench.call('read_file', { paths: ['a\0.txt'] })
    expect(answer.text).toContain('NUL')
  })
})

test('a dangling symlink that stays inside creates its target', async () => {
  await symlink('target.txt', join(bench.root, 'inside'))
  const answer = await bench.call('write_file', { path: 'inside', content: 'made\n' })
  expect(answer.ok).toBe(true)
  expect(await bench.text('target.txt')).toBe('made\n')
})
