import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkspaceBench, picture, type WorkspaceBench } from './workspace.fixture.js'

let bench: WorkspaceBench
beforeEach(() => {
  bench = createWorkspaceBench()
})
afterEach(() => bench.dispose())

const name = fc.constantFrom('a', 'b', 'A', 'with space', '-d', "it's", 'ü', 'x.log')
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
const content = fc.constantFrom('', 'one\n', 'two\r\n', '\0\xff', '$Id$\n')
const change = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), path, content, executable: fc.boolean() }),
  fc.record({ kind: fc.constant('link' as const), path, content: fc.constantFrom('a', '../b', '/proc/nowhere', '.') }),
  fc.record({ kind: fc.constant('remove' as const), path }),
  fc.record({ kind: fc.constant('move' as const), path, to: path }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function doChange(workspace: string, step: Change): void {
  const full = join(workspace, step.path)
  try {
    if (step.kind === 'remove') rmSync(full, { recursive: true, force: true })
    else if (step.kind === 'move')
      bench.sh(`mkdir -p -- "$(dirname -- "./${step.to}")"; mv -- "./${step.path}" "./${step.to}"`)
    else {
      mkdirSync(join(full, '..'), { recursive: true })
      if (step.kind === 'link') symlinkSync(step.content, full)
      else writeFileSync(full, Buffer.from(step.content, 'latin1'), { mode: step.executable ? 0o755 : 0o644 })
    }
  } catch {
    // A change that the file system refuses is no change.
  }
}

test('whatever is done to a workspace, a restore gives the same tree again, bit by bit', {
  tags: ['long'],
}, async () => {
  const runs = Math.max(10, Math.round((fc.readConfigureGlobal().numRuns ?? 100) / 80))
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 12 }),
      fc.array(change, { maxLength: 12 }),
      async (first, second) => {
        bench.dispose()
        bench = createWorkspaceBench()
        bench.sh('git init -q; git config core.autocrlf true')
        const own = picture(join(bench.workspace, '.git'))
        const snapshots = await bench.open()
        for (const step of first) doChange(bench.workspace, step)
        const one = picture(bench.workspace)
        await snapshots.take(1)
        for (const step of second) doChange(bench.workspace, step)
        const two = picture(bench.workspace)
        await snapshots.take(2)
        await snapshots.restore(1)
        expect(picture(bench.workspace)).toEqual(one)
        await snapshots.restore(2)
        expect(picture(bench.workspace)).toEqual(two)
        expect(picture(join(bench.workspace, '.git'))).toEqual(own)
      },
    ),
    { numRuns: runs },
  )
})
