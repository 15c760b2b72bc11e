import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench()
  await bench.run('STATE=kept')
  writeFileSync(join(bench.root, 'file'), '')
  symlinkSync('/usr', join(bench.root, 'way-out'))
})
afterAll(() => bench.remove())

const bad: [name: string, tool: string, args: Record<string, unknown>, says: RegExp][] = [
  ['an empty command', 'run_terminal_command', { command: ' \n' }, /"command" is empty/],
  ['a NUL in a command', 'run_terminal_command', { command: 'echo a\0b' }, /NUL/],
  ['a command of 2 MB', 'run_terminal_command', { command: 'x'.repeat(2_000_000) }, /write it to a file/],
  ['no command', 'run_terminal_command', {}, /"command".*A correct call/],
  ['a number as command', 'run_terminal_command', { command: 5 }, /"command".*string/],
  ['too short a yield', 'run_terminal_command', { command: ':', yield_ms: 10 }, /"yield_ms".*250/],
  ['too long a yield', 'run_terminal_command', { command: ':', yield_ms: 60_000 }, /"yield_ms".*50000/],
  ['a negative timeout', 'run_terminal_command', { command: ':', timeout_ms: -1 }, /"timeout_ms"/],
  ['a session name with a slash', 'run_terminal_command', { command: ':', session: '../x' }, /"session".*letters/],
  ['a cwd that is missing', 'run_terminal_command', { command: ':', cwd: 'nowhere' }, /nothing at that path/],
  ['a cwd that is a file', 'run_terminal_command', { command: ':', cwd: 'file' }, /not a directory/],
  ['a cwd outside the roots', 'run_terminal_command', { command: ':', cwd: '/usr' }, /outside the allowed roots/],
  ['a cwd outside through ..', 'run_terminal_command', { command: ':', cwd: '../..' }, /outside the allowed roots/],
  [
    'a cwd outside through a link',
    'run_terminal_command',
    { command: ':', cwd: 'way-out' },
    /outside the allowed roots/,
  ],
  [
    'a variable with a bad name',
    'run_terminal_command',
    { command: ':', env: { 'A-B': '1' } },
    /"A-B", which cannot be set/,
  ],
  [
    'a variable that hides a command',
    'run_terminal_command',
    { command: ':', env: { 'A=1; touch x; B': '1' } },
    /cannot be set/,
  ],
  ['a variable that bash owns', 'run_terminal_command', { command: ':', env: { UID: '1' } }, /cannot be set/],
  ['a variable with a NUL', 'run_terminal_command', { command: ':', env: { A: 'a\0' } }, /NUL/],
  ['tty and background', 'run_terminal_command', { command: ':', tty: true, background: true }, /exclude each other/],
  ['an unknown command_id', 'read_terminal', { command_id: 'c0-1' }, /no command "c0-1" here\. Known, newest last: c/],
  ['a cursor past the end', 'read_terminal', { command_id: 'LAST', cursor: 10_000 }, /has written \d+ bytes/],
  ['a negative cursor', 'read_terminal', { command_id: 'LAST', cursor: -1 }, /"cursor"/],
  ['cursor and tail', 'read_terminal', { command_id: 'LAST', cursor: 0, tail: 3 }, /exclude each other/],
  ['too long a wait', 'read_terminal', { command_id: 'LAST', wait_ms: 100_000 }, /"wait_ms".*50000/],
  ['an unknown signal', 'signal_terminal', { command_id: 'LAST', signal: 'HUP' }, /"signal".*INT/],
  ['signalling an unknown command', 'signal_terminal', { command_id: 'nope' }, /no command "nope"/],
  ['resetting an unknown session', 'reset_terminal', { session: 'nope' }, /no session "nope".*Open: main/],
]

test.for(bad)('%s is refused and changes nothing', async ([, tool, args, says]) => {
  const last = await bench.run('echo last')
  const named = args.command_id === 'LAST' ? { ...args, command_id: last.facts.command_id } : args
  const answer = await bench.call(tool, named)
  expect(answer.ok).toBe(false)
  expect(answer.output).toMatch(says)
  const after = await bench.run('echo $STATE; pwd')
  expect(after.output).toBe(`kept\n${bench.root}`)
})

test('a second command on a busy session is refused naming the running one, or gets a session of its own', async () => {
  const running = await bench.run('sleep 30', { session: 'busy', yield_ms: 250 })
  const refused = await bench.run('echo x', { session: 'busy' })
  expect(refused.ok).toBe(false)
  expect(refused.output).toContain(running.facts.command_id)
  const other = await bench.run('echo x', { session: 'new' })
  expect(other.output).toBe('x')
  expect(other.footer).toContain('session=s2')
  await bench.call('signal_terminal', { command_id: running.facts.command_id })
  expect((await bench.run('echo x', { session: 'busy' })).output).toBe('x')
})

test('a command runs where the deleted directory of its session was', async () => {
  const gone = join(bench.root, 'gone')
  mkdirSync(gone)
  await bench.run(':', { session: 'gone', cwd: 'gone' })
  rmSync(gone, { recursive: true })
  expect((await bench.run('echo still', { session: 'gone' })).output).toContain('still')
  await bench.run('exit', { session: 'gone' })
  const fresh = await bench.run('pwd', { session: 'gone' })
  expect(fresh.facts.exit_code).toBe(0)
})

test('cwd enters a directory and stays there; env is for one command', async () => {
  mkdirSync(join(bench.root, 'sub dir'))
  const session = { session: 'cwd' }
  const env = { A: `quo'te "and" $x\nline`, PATH: '/nowhere' }
  const there = await bench.run('echo "$A"; echo "$PATH"; builtin pwd', { ...session, cwd: 'sub dir', env })
  expect(there.output).toBe(`${env.A}\n/nowhere\n${bench.root}/sub dir`)
  const after = await bench.run('echo "[$A]"; pwd; ls / >/dev/null && echo found', session)
  expect(after.output).toBe(`[]\n${bench.root}/sub dir\nfound`)
})

describe('habits of models are taken', () => {
  const habits: [name: string, args: Record<string, unknown>, output: string][] = [
    ['cmd', { cmd: 'echo a' }, 'a'],
    ['a list with bash -lc', { command: ['bash', '-lc', 'echo "a  b"'] }, 'a  b'],
    ['a list of words', { command: ['echo', "it's", '$HOME'] }, "it's $HOME"],
    ['workdir', { command: 'pwd', workdir: '/ROOT' }, 'ROOT'],
    ['numbers in env', { command: 'echo $N$B', env: { N: 5, B: true } }, '5true'],
    ['nulls', { command: 'echo a', cwd: null, env: null, timeout_ms: null }, 'a'],
  ]
  test.for(habits)('%s', async ([, args, output]) => {
    const own = Object.fromEntries(
      Object.entries(args).map(([name, value]) => [name, value === '/ROOT' ? bench.root : value]),
    )
    const answer = await bench.call('run_terminal_command', { session: 'habits', ...own })
    expect(answer.output).toBe(output === 'ROOT' ? bench.root : output)
  })

  test('a timeout in seconds', async () => {
    const answer = await bench.run('sleep 30', { session: 'habits', timeout: 1 })
    expect(answer.facts.reason).toContain('timeout_ms 1000')
    expect(answer.notes.join()).toContain('seconds')
  })
})
