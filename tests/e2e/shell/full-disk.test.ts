import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type ShellAnswer, startShellServer } from './shell-server.js'

const diskBytes = 2 * 1024 * 1024

it('goes on working on a full disk, and says what could not be kept', { timeout: 60_000 }, async (context) => {
  const disk = makeDisk()
  if (disk === undefined) return context.skip('No file system can be mounted here.')
  const server = await startShellServer({ args: ['--state', join(disk, 'state')] })
  await server.run('export KEPT=yes')
  const { text, facts } = await server.run(`head -c ${3 * diskBytes} /dev/zero | tr '\\0' a | fold -w 99`)
  expect(facts).toMatchObject({ status: 'exited', exit_code: 0 })
  const read = await server.call('read_terminal', { command_id: facts.command_id, cursor: diskBytes + diskBytes / 2 })
  expect(`${text}\n${read.text}`).toContain('ENOSPC')
  expect((await server.run('kill -9 $$')).facts.status).toBe('shell_restarted')
  // What the disk was filled with makes room for what is to be run.
  expect((await server.run('echo "$KEPT"')).text).toContain('yes')
  expect((await server.run('echo "$KEPT $MINE"', { env: { MINE: 'mine', PATH: '/usr/bin' } })).text).toContain(
    'yes mine',
  )
  expect((await server.run('ls / >/dev/null && echo found')).text).toContain('found')
  // Where nothing of ours can make room, it is said.
  let refused: ShellAnswer | undefined
  for (let round = 0; round < 5 && refused === undefined; round++) {
    await server.call('reset_terminal', { keep_state: false })
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, `filler${round}`)}`, 'bs=4096'], { stdio: 'ignore' })
    const answer = await server.run('echo no')
    if (!answer.ok) refused = answer
  }
  expect(refused?.text).toContain('is full, so no shell can be started')
  for (const name of readdirSync(disk)) if (name.startsWith('filler')) rmSync(join(disk, name))
  expect((await server.run('echo room again')).text).toContain('room again')
})

/** A small file system of its own. */
function makeDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'auroracoder-disk-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}
