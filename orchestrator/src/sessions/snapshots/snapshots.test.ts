import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { snapshotFileBytesMax, snapshotsMax } from './limits.js'
import { createWorkspaceBench, picture, type WorkspaceBench } from './workspace.fixture.js'

let bench: WorkspaceBench
beforeEach(() => {
  bench = createWorkspaceBench()
})
afterEach(() => bench.dispose())

test('the workspace becomes what it was: content, new files, lost files, modes, links and swaps of kind', async () => {
  const snapshots = await bench.open()
  bench.sh(`
    mkdir -p src/deep; echo one > src/a; echo two > src/deep/b; printf 'x\\r\\n\\0' > bytes; chmod +x src/a
    ln -s src/a link; ln -s nowhere dangling; echo f > file-then-folder; mkdir folder-then-file; echo i > folder-then-file/i
    echo case > Name; echo '*.x text eol=crlf' > .gitattributes; printf 'a\\r\\nb\\n' > t.x; : > empty
    printf n > $'new\\nline'; printf q > '"quote"'; printf d > -dash; printf u > $'\\xff\\xfe'; mkdir $'d\\xfe'; echo 1 > $'d\\xfe/f'`)
  const before = picture(bench.workspace)
  await snapshots.take(3)
  bench.sh(`
    echo changed > src/a; chmod -x src/a; rm -r src/deep; mkdir -p new/deeper; echo n > new/deeper/n; rm link; echo no-link > link
    rm file-then-folder; mkdir file-then-folder; echo x > file-then-folder/x; rm -r folder-then-file; echo y > folder-then-file
    mv Name name; rm $'new\\nline' '"quote"'; echo more > -dash; echo more > $'\\xff\\xfe'; rm -r $'d\\xfe'; rm .gitattributes`)
  const report = await snapshots.restore(3)
  expect(picture(bench.workspace)).toEqual(before)
  expect(existsSync(join(bench.workspace, 'new'))).toBe(false)
  expect(report).toMatchObject({ untouched: [], untouchedCount: 0 })
  expect(report.removed).toEqual(expect.arrayContaining(['new/deeper/n', 'name', 'file-then-folder/x']))
  expect(report.restored).toEqual(expect.arrayContaining(['src/a', 'src/deep/b', 'link', 'Name', 'folder-then-file/i']))
})

test('a restore can be undone by restoring what was before it', async () => {
  const snapshots = await bench.open()
  bench.sh('echo 1 > a')
  await snapshots.take(1)
  bench.sh('echo 2 > a; echo new > b')
  const after = picture(bench.workspace)
  const { before } = await snapshots.restore(1)
  await snapshots.restore(before)
  expect(picture(bench.workspace)).toEqual(after)
})

test('ignored files, big files, nested repositories and special files are named, and stay as they are', async () => {
  const snapshots = await bench.open()
  bench.sh(`
    echo '*.log' > .gitignore; mkdir -p logs node_modules/p nested unborn/sub; echo 1 > logs/a.log; echo 1 > node_modules/p/i.js
    echo q > nested/q; git -C nested init -q; git -C nested -c user.name=n -c user.email=e commit -q --allow-empty -m x
    git -C unborn init -q; echo u > unborn/sub/u; mkdir sub; echo 'gitdir: ../elsewhere' > sub/.git; echo s > sub/s; mkfifo pipe
    truncate -s ${snapshotFileBytesMax + 1} big; truncate -s ${snapshotFileBytesMax} fits; mkdir .GIT; echo x > .GIT/x`)
  const { left, leftCount } = await snapshots.take(1)
  const why = Object.fromEntries(left.map(({ path, why }) => [path, why]))
  expect(Object.keys(why).sort()).toEqual(
    ['.GIT/x', 'big', 'logs/a.log', 'nested/', 'node_modules/', 'pipe', 'sub/', 'unborn/'].sort(),
  )
  expect(leftCount).toBe(8)
  expect(why.big).toContain(String(snapshotFileBytesMax))
  bench.sh(
    'echo 2 > logs/a.log; echo 2 > nested/q; echo 2 > sub/s; echo more >> big; echo 2 > node_modules/p/i.js; rm fits; echo n > n',
  )
  const before = picture(bench.workspace)
  const report = await snapshots.restore(1)
  const { n: _, ...rest } = before
  expect(picture(bench.workspace)).toEqual({ ...rest, fits: expect.any(String) })
  expect(report).toMatchObject({ removed: ['n'], restored: ['fits'], untouchedCount: 8 })
})

test('what a snapshot left out is not taken for new by a later restore', async () => {
  const snapshots = await bench.open()
  bench.sh(
    `echo '*.log' > .gitignore; echo keep > a.log; truncate -s ${snapshotFileBytesMax + 1} big; mkdir own; git -C own init -q; echo o > own/o`,
  )
  await snapshots.take(1)
  bench.sh('rm .gitignore; echo small > big; rm -rf own/.git')
  await snapshots.take(2)
  const report = await snapshots.restore(1)
  expect(picture(bench.workspace)).toEqual({
    '.gitignore': '- *.log\n',
    'a.log': '- keep\n',
    big: '- small\n',
    'own/o': '- o\n',
  })
  expect(report.untouched.map(({ path }) => path).sort()).toEqual(['a.log', 'big', 'own/o'])
})

test('what no snapshot holds is never overwritten', async () => {
  const snapshots = await bench.open()
  bench.sh('echo was > a.log; mkdir d; echo f > d/f; echo r > r')
  await snapshots.take(1)
  bench.sh('rm -r a.log d r; git init -q r; echo inner > r/inner')
  await snapshots.take(2)
  bench.sh("echo '*.log' > .gitignore; echo d >> .gitignore; echo ignored > a.log; echo a-file > d")
  const report = await snapshots.restore(1)
  expect(readFileSync(join(bench.workspace, 'a.log'), 'utf8')).toBe('ignored\n')
  expect(readFileSync(join(bench.workspace, 'd'), 'utf8')).toBe('a-file\n')
  expect(readFileSync(join(bench.workspace, 'r/inner'), 'utf8')).toBe('inner\n')
  expect(report.untouched.map(({ path }) => path)).toEqual(expect.arrayContaining(['a.log', 'd/f', 'r']))
})

test('a link put in place of a folder leads neither a deletion nor a write out of the workspace', async () => {
  const outside = join(bench.folder, 'outside')
  const snapshots = await bench.open()
  bench.sh(
    `mkdir -p d/e ${outside}/e; echo in > d/e/f; echo in > d/g; echo theirs > ${outside}/g; echo theirs > ${outside}/new`,
  )
  const before = picture(bench.workspace)
  await snapshots.take(1)
  bench.sh('echo n > d/new')
  await snapshots.take(2)
  bench.sh(`rm -r d; ln -s ${outside} d`)
  await snapshots.restore(1)
  expect(picture(bench.workspace)).toEqual(before)
  expect(picture(outside)).toEqual({ g: '- theirs\n', new: '- theirs\n' })
  await snapshots.take(3)
  bench.sh(`rm -r d; ln -s ${outside} d; echo d > .gitignore`)
  const report = await snapshots.restore(1)
  expect(picture(outside)).toEqual({ g: '- theirs\n', new: '- theirs\n' })
  expect(report.untouched.map(({ path }) => path)).toEqual(expect.arrayContaining(['d/e/f', 'd/g']))
})

test('a folder moved away behind a link of its old name is held as the link that it is', async () => {
  const snapshots = await bench.open()
  bench.sh('mkdir d; echo 1 > d/f')
  await snapshots.take(1)
  bench.sh('mv d e; ln -s e d')
  const moved = picture(bench.workspace)
  await snapshots.take(2)
  await snapshots.restore(1)
  expect(picture(bench.workspace)).toEqual({ 'd/f': '- 1\n' })
  await snapshots.restore(2)
  expect(picture(bench.workspace)).toEqual(moved)
})

test('the user’s repository is not touched, also where .git is a file or the environment points to it', async () => {
  bench.sh(`
    git init -q; git config filter.f.clean 'touch ../pwned'; git config core.hooksPath ../hooks; echo '* filter=f' > .gitattributes
    echo a > a; git -c filter.f.clean=cat add a; git -c user.name=n -c user.email=e commit -qm x; git worktree add -q ../linked; rm -f ../pwned pwned`)
  const own = () => picture(join(bench.workspace, '.git'))
  const before = own()
  const env = {
    ...process.env,
    GIT_DIR: join(bench.workspace, '.git'),
    GIT_WORK_TREE: '/',
    GIT_INDEX_FILE: join(bench.workspace, '.git/index'),
    GIT_OBJECT_DIRECTORY: join(bench.workspace, '.git/objects'),
  }
  const snapshots = await bench.open(env)
  await snapshots.take(1)
  bench.sh('echo b > a')
  await snapshots.take(2)
  await snapshots.diff(1, 2)
  await snapshots.restore(1)
  expect(own()).toEqual(before)
  expect(existsSync(join(bench.folder, 'pwned'))).toBe(false)
  const { openSnapshots } = await import('./snapshots.js')
  const linked = join(bench.folder, 'linked')
  const others = await openSnapshots({ workspace: linked, gitDir: join(bench.folder, 'shadow', 'linked'), env })
  expect((await others.take(1)).left).toEqual([])
  writeFileSync(join(linked, 'a'), 'changed')
  await others.restore(1)
  expect(readFileSync(join(linked, 'a'), 'utf8')).toBe('a\n')
  expect(own()).toEqual(before)
})

test('a diff tells each file’s change, and is bounded', async () => {
  const snapshots = await bench.open()
  bench.sh(
    "seq 50 > moved; echo 1 > m; printf '\\0\\1' > bin; echo e > exec; echo gone > gone; echo t > t; echo 'diff --git a/x b/x' > like-a-diff",
  )
  const { tree } = await snapshots.take(1)
  bench.sh(
    "mkdir sub; mv moved sub/moved; echo 2 > m; printf '\\0\\2' > bin; chmod +x exec; rm gone; rm t; ln -s m t; echo new > 'sub/n w'; echo 'diff --git a/y b/y' >> like-a-diff",
  )
  const diff = await snapshots.diff(tree, 'now')
  const brief = diff.files.map(({ path, oldPath, status, binary }) => [path, oldPath, status, binary])
  expect(brief.sort()).toEqual(
    [
      ['bin', undefined, 'modified', true],
      ['exec', undefined, 'mode', false],
      ['gone', undefined, 'deleted', false],
      ['like-a-diff', undefined, 'modified', false],
      ['m', undefined, 'modified', false],
      ['sub/moved', 'moved', 'renamed', false],
      ['sub/n w', undefined, 'added', false],
      ['t', undefined, 'type', false],
    ].sort(),
  )
  expect(diff.files.map(({ text }) => text).join('')).toBe(diff.text)
  expect(diff.files.find(({ path }) => path === 'm')?.text).toContain('\n-1\n+2\n')
  expect(diff.files.find(({ path }) => path === 'like-a-diff')?.text).toContain('\n+diff --git a/y b/y\n')
  const filtered = await snapshots.diff(1, 'now', { pathFilter: 'sub' })
  expect(filtered.files.map(({ path }) => path).sort()).toEqual(['sub/moved', 'sub/n w'])
  const short = await snapshots.diff(1, 'now', { bytesMax: 200 })
  expect(short.cut).toBe(true)
  expect(short.text.length).toBeLessThanOrEqual(200)
  expect(short.files).toHaveLength(8)
  expect(short.files.filter(({ cut }) => cut).length).toBeGreaterThan(4)
  expect((await snapshots.diff(1, 1)).files).toEqual([])
})

test('labels are listed, copied to a new folder, and the oldest go', async () => {
  const snapshots = await bench.open()
  expect(await snapshots.labels()).toEqual([])
  bench.sh('echo 1 > a; mkdir d; ln -s ../a d/l; echo x > x; chmod +x x')
  await snapshots.take(10)
  bench.sh('echo 2 > a')
  await snapshots.take(9)
  expect(await snapshots.labels()).toEqual([9, 10])
  const copy = join(bench.folder, 'copy')
  await snapshots.copyTo(10, copy)
  expect(picture(copy)).toEqual({ a: '- 1\n', 'd/l': 'link ../a', x: 'x x\n' })
  await expect(snapshots.restore(11)).rejects.toMatchObject({ code: 'unknown_snapshot' })
  await expect(snapshots.diff(11, 'now')).rejects.toMatchObject({ code: 'unknown_snapshot' })
  await snapshots.remove()
  expect(existsSync(bench.gitDir)).toBe(false)
  expect(await snapshots.labels()).toEqual([])
})

test(`at most ${snapshotsMax} snapshots are kept, and the newest still restores`, async () => {
  const snapshots = await bench.open()
  bench.sh('echo first > a')
  await snapshots.take(1)
  const others = Array.from({ length: snapshotsMax + 24 }, (_, index) => `create refs/turns/${index + 2} refs/turns/1`)
  execFileSync('git', ['update-ref', '--stdin'], {
    env: { ...process.env, GIT_DIR: bench.gitDir },
    input: `${others.join('\n')}\n`,
  })
  bench.sh('echo last > a')
  await snapshots.take(snapshotsMax + 26)
  const labels = await snapshots.labels()
  expect(labels).toHaveLength(snapshotsMax)
  expect(labels[0]).toBe(27)
  await snapshots.restore(27)
  expect(readFileSync(join(bench.workspace, 'a'), 'utf8')).toBe('first\n')
  await snapshots.restore(snapshotsMax + 26)
  expect(readFileSync(join(bench.workspace, 'a'), 'utf8')).toBe('last\n')
})

test('stale locks, a damaged index and a dead holder do not stop it, and calls at once do not meet', async () => {
  const snapshots = await bench.open()
  bench.sh('echo 1 > a')
  await snapshots.take(1)
  writeFileSync(join(bench.gitDir, 'index.lock'), '')
  writeFileSync(join(bench.gitDir, 'holder'), '999999999')
  bench.sh('echo 2 > a')
  await snapshots.take(2)
  writeFileSync(join(bench.gitDir, 'index'), 'nonsense')
  await snapshots.take(3)
  rmSync(join(bench.gitDir, 'info', 'ready'))
  await Promise.all([
    snapshots.take(4),
    snapshots.restore(1),
    snapshots.take(5),
    snapshots.diff(1, 'now'),
    snapshots.take(6),
  ])
  expect(await snapshots.labels()).toEqual([1, 2, 3, 4, 5, 6])
})

test('without git, or without the workspace, it says so', async () => {
  await expect(bench.open({ PATH: bench.folder })).rejects.toMatchObject({
    code: 'snapshots_unavailable',
    message: expect.stringContaining('Install git'),
  })
  const snapshots = await bench.open()
  rmSync(bench.workspace, { recursive: true })
  await expect(snapshots.take(1)).rejects.toMatchObject({ message: expect.stringContaining('has gone') })
})

test('a restore that is broken off and done again ends right', async () => {
  const snapshots = await bench.open()
  bench.sh('for i in $(seq 30); do echo $i > f$i; done; mkdir d; echo d > d/d')
  const before = picture(bench.workspace)
  await snapshots.take(1)
  bench.sh('rm f1* d/d; for i in $(seq 20 30); do echo x >> f$i; done; echo new > new')
  // As a killed one would have left it: part is done, and one file is staged.
  bench.sh(
    'rm new; echo 1 > f1; mkdir -p d; echo half > d/.auroracoder-staging-restore; echo half > .auroracoder-staging-restore',
  )
  await snapshots.restore(1)
  expect(picture(bench.workspace)).toEqual(before)
})
