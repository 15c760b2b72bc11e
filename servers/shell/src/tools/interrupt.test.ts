import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench({ limits: { interruptGraceMs: 300 } })
})
afterAll(() => bench.remove())

/** What a Ctrl-C must end, within the grace, without the shell. */
const interruptible: [name: string, command: string][] = [
  ['sleep', 'sleep 60'],
  ['a list', 'sleep 60; echo no'],
  ['a loop of programs', 'while :; do sleep 0.2; done; echo no'],
  ['a loop of builtins', 'while :; do :; done; echo no'],
  ['a pipeline', 'sleep 60 | cat | cat'],
  ['a function', 'f() { sleep 60; echo no; }; f'],
  ['a subshell', '(sleep 60; echo no)'],
  ['a subshell in a loop', 'while :; do (sleep 60); done'],
  ['a command substitution', 'x=$(sleep 60); echo no'],
  ['wait', 'sleep 60 & wait; echo no'],
  ['read from the terminal', 'read x </dev/tty; echo no'],
  ['a script', "bash -c 'sleep 60; echo no'"],
  ['a program that exits when it is interrupted', `bash -c 'trap "exit 1" INT; while :; do sleep 0.1; done'; echo no`],
  ['a heredoc reader', 'cat - <(sleep 60)'],
]

describe('timeout_ms interrupts', () => {
  test.for(interruptible)('%s', async ([, command]) => {
    const answer = await bench.run(`KEPT=yes; ${command}`, { timeout_ms: 200 })
    expect(answer.facts).toMatchObject({ status: 'killed', exit_code: 130, signal: 'SIGINT' })
    expect(answer.facts.duration_ms).toBeLessThan(450)
    expect(answer.facts.reason).toContain('timeout_ms 200')
    expect(answer.output).not.toContain('no')
    expect((await bench.run('echo $KEPT')).output).toBe('yes')
  })
})

const stubborn: [name: string, command: string][] = [
  ['a program that ignores INT and TERM', `bash -c 'trap "" INT TERM; while :; do sleep 60; done'; echo no`],
  ['a subshell that ignores INT', "(trap '' INT TERM; sleep 60; sleep 60); echo no"],
  ['a session that ignores INT', "trap '' INT TERM; sleep 60"],
]

describe('what ignores the interrupt is killed, and the shell stays', () => {
  test.for(stubborn)('%s', async ([, command]) => {
    const session = { session: 'stubborn' }
    await bench.run('MINE=here', session)
    const answer = await bench.run(command, { ...session, timeout_ms: 200 })
    expect(answer.facts.status).toBe('killed')
    expect(answer.facts.duration_ms).toBeLessThan(2_000)
    expect(answer.output).not.toContain('no')
    const next = await bench.run('echo $MINE', session)
    expect(next.output).toBe('here')
    expect(next.facts.took_over).toBeUndefined()
    await bench.call('reset_terminal', session)
  })
})

test('what nothing but the shell receives is said', async () => {
  const session = { session: 'stopped' }
  const { facts } = await bench.run('kill -STOP $$', { ...session, yield_ms: 250 })
  const killed = await bench.call('signal_terminal', { command_id: facts.command_id, signal: 'KILL' })
  expect(killed.output).toContain('KILL went to the shell itself')
  expect(killed.facts.status).toBe('shell_restarted')
})

const deaf = ["trap '' INT; while :; do :; done", "trap 'echo caught' INT; while :; do sleep 0.2; done"]

test.for(deaf)('a shell that runs on goes down with its command, and the next takes over: %s', async (command) => {
  await bench.run('MINE=here', { session: 'deaf' })
  const answer = await bench.run(command, { session: 'deaf', timeout_ms: 200 })
  expect(answer.facts.status).toBe('shell_restarted')
  expect(answer.facts.reason).toContain('timeout_ms')
  expect((await bench.run('echo $MINE', { session: 'deaf' })).output).toBe('here')
})

test('cancelling the call interrupts the command', async () => {
  const cancelled = new AbortController()
  const call = bench.run('echo begun; sleep 60', {}, { signal: cancelled.signal, onProgress: () => cancelled.abort() })
  const answer = await call
  expect(answer.facts).toMatchObject({ status: 'killed', exit_code: 130 })
  expect(answer.facts.reason).toContain('cancelled')
  expect((await bench.run('echo on')).output).toBe('on')
})

test('a call that is cancelled before its turn does not run', async () => {
  const cancelled = new AbortController()
  const first = bench.run('sleep 0.3', { session: 'turns' })
  const second = bench.run('echo ran >ran', { session: 'turns', cwd: bench.root }, { signal: cancelled.signal })
  cancelled.abort()
  expect((await second).output).toContain('nothing was run')
  await first
  expect((await bench.run('cat ran', { session: 'turns', cwd: bench.root })).output).toMatch(/No such file/)
})

test('signal_terminal tells what died', async () => {
  const running = await bench.run('sleep 61 | cat', { yield_ms: 250 })
  expect(running.facts.status).toBe('running')
  const answer = await bench.call('signal_terminal', { command_id: running.facts.command_id, signal: 'INT' })
  expect(answer.output).toMatch(/^INT ended: \d+ sleep 61, \d+ cat/)
  expect(answer.facts).toMatchObject({ status: 'killed', exit_code: 130 })
  const again = await bench.call('signal_terminal', { command_id: running.facts.command_id })
  expect(again.ok).toBe(false)
  expect(again.output).toContain('already ended')
})

test('signal_terminal says what a signal did not end', async () => {
  const running = await bench.run("(trap '' TERM; while :; do sleep 0.05; done)", { yield_ms: 250 })
  const ignored = await bench.call('signal_terminal', { command_id: running.facts.command_id, signal: 'TERM' })
  expect(ignored.output).toContain('still alive')
  expect(ignored.facts.status).toBe('running')
  const killed = await bench.call('signal_terminal', { command_id: running.facts.command_id, signal: 'KILL' })
  expect(killed.facts.status).toBe('killed')
})

test.for(['INT', 'TERM', 'KILL'])('signal_terminal %s ends a background command and its children', async (signal) => {
  const started = await bench.run('sleep 62 & echo begun; exec sleep 63', { background: true })
  const { command_id } = started.facts
  await bench.call('read_terminal', { command_id, wait_ms: 100 })
  const answer = await bench.call('signal_terminal', { command_id, signal })
  const ended = signal === 'INT' ? answer : await bench.call('read_terminal', { command_id, wait_ms: 3_000 })
  expect(ended.facts.status).toBe('killed')
  expect(answer.output).toContain('sleep 63')
})
