import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startChild } from '../child.fixture.js'
import { createSnapshotKeeper, type SnapshotKeeper } from './keeper.js'
import { createWorkspaceBench, picture, type WorkspaceBench } from './workspace.fixture.js'

let bench: WorkspaceBench
let root: string
let keeper: SnapshotKeeper
beforeEach(() => {
  bench = createWorkspaceBench()
  root = join(bench.folder, 'snapshots')
  keeper = createSnapshotKeeper({ root, env: process.env })
})
afterEach(() => bench.dispose())

test('requests at once on one session and on several do not disturb one another', async () => {
  bench.sh('echo 1 > a')
  const one = { id: 'ses_1', workspace: bench.workspace }
  const two = { id: 'ses_2', workspace: bench.workspace }
  await Promise.all([
    keeper.take(one, 1),
    keeper.take(one, 2),
    keeper.take(two, 1),
    keeper.diff(one, { from: 1, to: 'now' }),
  ])
  expect(await keeper.labels(one)).toEqual([1, 2])
  expect(await keeper.labels(two)).toEqual([1])
  await keeper.remove('ses_1')
  expect(readdirSync(root)).toEqual(['ses_2'])
  await keeper.take(one, 3)
  expect(await keeper.labels(one)).toEqual([3])
})

test('the service’s own data is never held, wherever it lies and whatever the user’s rules say', async () => {
  const data = join(bench.workspace, 'my data [1]')
  bench.sh("mkdir 'my data [1]'; echo live > 'my data [1]/sessions.db'; echo '!*' > .gitignore; echo 1 > a")
  const inside = createSnapshotKeeper({ root: join(data, 'snapshots'), env: process.env, apart: [data] })
  const session = { id: 'ses_1', workspace: bench.workspace }
  const { left } = await inside.take(session, 1)
  expect(left.map(({ path }) => path)).toContain('my data [1]/')
  bench.sh("echo later > 'my data [1]/sessions.db'; echo 2 > a")
  expect((await inside.diff(session, { from: 1, to: 'now' })).files.map(({ path }) => path)).toEqual(['a'])
  await inside.restore(session, 1)
  expect(readFileSync(join(data, 'sessions.db'), 'utf8')).toBe('later\n')
  expect(readFileSync(join(bench.workspace, 'a'), 'utf8')).toBe('1\n')
})

test('an id that is no id never becomes a path', async () => {
  for (const id of ['../x', '', 'a/b', '.']) {
    await expect(keeper.take({ id, workspace: bench.workspace }, 1)).rejects.toThrow('no id')
    await expect(keeper.remove(id)).rejects.toThrow('no id')
  }
  expect(existsSync(root)).toBe(false)
})

test('a restore that is killed anywhere and done again ends right', { tags: ['long'] }, async () => {
  const session = { id: 'ses_1', workspace: bench.workspace }
  bench.sh(
    'for i in $(seq 400); do mkdir -p d$((i % 20)); echo $i > d$((i % 20))/f$i; done; chmod +x d1/*; ln -s d1 link',
  )
  const before = picture(bench.workspace)
  await keeper.take(session, 1)
  for (const killAfterMs of [0, 40, 80, 120, 200, 300]) {
    bench.sh(
      'rm -rf d1 d2 link; echo file > d1; for f in d3/* d4/*; do echo x >> $f; done; mkdir -p new/deep; echo n > new/deep/n; for i in $(seq 5 19); do rm -f d$i/*; done',
    )
    const child = startChild(new URL('./restorer.fixture.ts', import.meta.url), [root, bench.workspace, '1'])
    await child.line(/begin/)
    await sleep(killAfterMs)
    await child.kill()
    await keeper.restore(session, 1)
    expect(picture(bench.workspace)).toEqual(before)
    expect(existsSync(join(bench.workspace, 'new'))).toBe(false)
  }
})
