import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
afterEach(() => bench.remove())

describe('without node-pty', () => {
  const plain = (): Promise<Workbench> =>
    createWorkbench({
      limits: { interruptGraceMs: 300 },
      loadPty: () => Promise.reject(new Error('no prebuilt binary for this platform')),
    })

  test('commands run in a bash that stays, and the answer says what is missing', async () => {
    bench = await plain()
    await bench.run('A=1; f() { echo "f $A"; }; cd /usr')
    const answer = await bench.run('f; pwd; (exit 3)')
    expect(answer.output).toBe('f 1\n/usr')
    expect(answer.facts).toMatchObject({ status: 'exited', exit_code: 3 })
    expect(answer.notes.join()).toContain('node-pty could not be loaded')
    const refused = await bench.run('cat', { tty: true })
    expect(refused.output).toContain('needs node-pty')
  })

  test.for([
    'sleep 60; echo no',
    'while :; do sleep 0.2; done',
    'while :; do :; done',
    'x=$(sleep 60); echo no',
    'sleep 60 | cat; echo no',
  ])('a timeout ends %s', async (command) => {
    bench = await plain()
    await bench.run('A=1')
    const answer = await bench.run(command, { timeout_ms: 200 })
    expect(answer.facts.status).toBe('killed')
    expect(answer.output).not.toContain('no')
    expect((await bench.run('echo $A')).output).toBe('1')
  })

  test('state lives through the death of the shell', async () => {
    bench = await plain()
    await bench.run('A=1')
    expect((await bench.run('exit 3')).facts).toMatchObject({ status: 'shell_restarted', exit_code: 3 })
    expect((await bench.run('kill -9 $$')).facts).toMatchObject({ status: 'shell_restarted', signal: 'SIGKILL' })
    expect((await bench.run('echo $A')).output).toBe('1')
  })

  test('background work runs, is read and ends with the server', async () => {
    bench = await plain()
    const started = await bench.run('echo begun; sleep 60', { background: true })
    const { command_id } = started.facts
    const killed = await bench.call('signal_terminal', { command_id, signal: 'TERM' })
    expect(killed.facts.status).toBe('killed')
  })
})

describe('without bash', () => {
  /** A search path that has everything but bash. */
  const noBash = async (): Promise<Workbench> => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shell-test-')))
    mkdirSync(join(folder, 'bin'))
    for (const program of ['sh', 'sleep', 'cat', 'echo', 'true', 'seq']) {
      symlinkSync(`/bin/${program}`, join(folder, 'bin', program))
    }
    return createWorkbench({ folder, limits: { interruptGraceMs: 300 }, env: { PATH: join(folder, 'bin') } })
  }

  test('each command runs in a fresh sh, and the answer says so', async () => {
    bench = await noBash()
    const first = await bench.run('A=1; echo out; echo err >&2; exit 4')
    expect(first.output).toBe('out\nerr')
    expect(first.facts).toMatchObject({ status: 'exited', exit_code: 4 })
    expect(first.notes.join()).toContain('fresh "sh"')
    expect((await bench.run('echo "[$A]"')).output).toBe('[]')
  })

  test('cwd, env, empty input and long output work as ever', async () => {
    bench = await noBash()
    const there = await bench.run('pwd; echo "$X"; cat', { cwd: 'bin', env: { X: "it's" } })
    expect(there.output).toBe(`${bench.root}/bin\nit's`)
    const long = await bench.run('seq 1 100000', { max_output: 300 })
    expect(long.output).toMatch(/^1\n[\s\S]*99999\n100000$/)
  })

  test('a timeout, a signal and background work as ever', async () => {
    bench = await noBash()
    const late = await bench.run('sleep 60', { timeout_ms: 200 })
    expect(late.facts).toMatchObject({ status: 'killed', exit_code: 130, signal: 'SIGINT' })
    const started = await bench.run('echo begun; exec sleep 60', { background: true })
    const { command_id } = started.facts
    const killed = await bench.call('signal_terminal', { command_id, signal: 'KILL' })
    expect(killed.output).toContain('sleep 60')
    const ended = await bench.call('read_terminal', { command_id, wait_ms: 3_000 })
    expect(ended.facts.status).toBe('killed')
    expect(ended.output).toBe('begun')
  })
})
