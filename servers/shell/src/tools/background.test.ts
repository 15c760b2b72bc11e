import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench()
  await bench.run(':')
})
afterAll(() => bench.remove())

const leavesSomethingBehind = [
  'sleep 300 &',
  'setsid sleep 300 &',
  'setsid -f sleep 300',
  'nohup sleep 300 >/dev/null 2>&1 &',
  'nohup sleep 300 &',
  'sleep 300 & disown',
  '(sleep 300 &)',
  'sleep 300 | cat &',
]

test.for(leavesSomethingBehind)('%s returns within 100 ms', async (command) => {
  const began = performance.now()
  const answer = await bench.run(command)
  expect(performance.now() - began).toBeLessThan(100)
  expect(answer.facts).toMatchObject({ status: 'exited', exit_code: 0 })
})

test('a background command returns at once with its id and a log that grows', async () => {
  const started = await bench.run('f() { echo "in f $MINE"; }; MINE=1; echo one; sleep 0.2; f; exit 4', {
    background: true,
  })
  expect(started.facts.status).toBe('running')
  const log = started.facts.log ?? ''
  const ended = await bench.call('read_terminal', { command_id: started.facts.command_id, wait_ms: 5_000 })
  expect(ended.facts).toMatchObject({ status: 'exited', exit_code: 4 })
  expect(ended.output).toBe('one\nin f 1')
  expect(readFileSync(log, 'utf8')).toBe('one\nin f 1\n')
})

test('a background command sees the functions, aliases and variables of its session, and leaves them alone', async () => {
  await bench.run('g() { echo "g $1"; }; alias hey="echo hey"; SHARED=old', { session: 'shared' })
  const started = await bench.run('g x; hey; SHARED=new; cd /; set -- z', { session: 'shared', background: true })
  const ended = await bench.call('read_terminal', { command_id: started.facts.command_id, wait_ms: 5_000 })
  expect(ended.output).toBe('g x\nhey')
  const after = await bench.run('echo $SHARED $#; jobs; pwd', { session: 'shared' })
  expect(after.output).toBe(`old 0\n${bench.root}`)
})

test('cwd and env of a background command are its own', async () => {
  const started = await bench.run('echo "$X"; pwd', {
    session: 'own',
    background: true,
    cwd: bench.stateDir,
    env: { X: "it's" },
  })
  const ended = await bench.call('read_terminal', { command_id: started.facts.command_id, wait_ms: 5_000 })
  expect(ended.output).toBe(`it's\n${bench.stateDir}`)
  expect((await bench.run('echo "[$X]"; pwd', { session: 'own' })).output).toBe(`[]\n${bench.root}`)
})

test('a background command that is killed from outside is noticed', async () => {
  const started = await bench.run('echo $BASHPID; kill -9 0', { background: true })
  const ended = await bench.call('read_terminal', { command_id: started.facts.command_id, wait_ms: 5_000 })
  expect(ended.facts).toMatchObject({ status: 'killed', signal: 'SIGKILL', exit_code: null })
})

describe('work that ended since the last answer is told once', () => {
  test('of background commands', async () => {
    const other = { conversation: 'news' }
    const started = await bench.run('touch go; exit 5', { background: true }, other)
    const told = await bench.run('while [[ ! -e go ]]; do sleep 0.01; done; sleep 0.1', {}, other)
    expect(told.facts.jobs).toEqual([
      { command_id: started.facts.command_id, command: 'touch go; exit 5', status: 'exited', exit_code: 5 },
    ])
    expect((await bench.run(':', {}, other)).facts.jobs).toEqual([])
  })

  test('of jobs left behind with &', async () => {
    const session = { session: 'jobs' }
    await bench.run('(sleep 0.2; exit 6) &', session)
    await bench.run('sleep 0.1 | false &', session)
    const told = await bench.run('sleep 0.5', session)
    const again = await bench.run(':', session)
    expect(again.facts.jobs).toEqual([])
    expect(told.footer).toContain('jobs=')
    expect(told.facts.jobs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ exit_code: 6, command: expect.stringContaining('sleep 0.2') }),
        expect.objectContaining({ exit_code: 1, command: expect.stringContaining('sleep 0.1') }),
      ]),
    )
  })
})

test("bash's own notices of jobs are no output of other commands", async () => {
  const session = { session: 'notices' }
  for (const tty of [false, true]) {
    await bench.run('sleep 0.2 &', session)
    await bench.run('sleep 0.1 | (exit 6) &', session)
    const beside = await bench.run('echo "[1]+  Done of mine"; printf "[2]"; sleep 0.5; echo "; done"', {
      ...session,
      tty,
    })
    expect(beside.output).toBe('[1]+  Done of mine\n[2]; done')
    expect(beside.facts.jobs).toHaveLength(2)
  }
})

test('a background writer does not mix with the commands beside it', async () => {
  const session = { session: 'beside' }
  const writer = await bench.run('while :; do echo WRITER; sleep 0.01; done &', session)
  for (let number = 0; number < 50; number++) {
    const answer = await bench.run(`echo mine ${number}`, session)
    expect(answer.output).toBe(`mine ${number}`)
  }
  const read = await bench.call('read_terminal', { command_id: writer.facts.command_id })
  expect(read.output).toContain('WRITER')
  expect(read.output).not.toContain('mine')
})

test('sixteen sessions keep their own directories, variables and output', async () => {
  const many = await createWorkbench()
  try {
    const names = Array.from({ length: 16 }, (_, number) => `iso${number}`)
    await Promise.all(names.map((session) => many.run(`WHO=${session}; mkdir ${session}; cd ${session}`, { session })))
    const answers = await Promise.all(
      names.map((session) => many.run('echo $WHO; pwd; sleep 0.05; echo $WHO', { session })),
    )
    answers.forEach(({ output }, number) => {
      expect(output).toBe(`iso${number}\n${many.root}/iso${number}\niso${number}`)
    })
  } finally {
    await many.remove()
  }
})

test('conversations do not see each other', async () => {
  await bench.run('SECRET=1', {}, { conversation: 'one' })
  const other = await bench.run('echo "[$SECRET]"', {}, { conversation: 'two' })
  expect(other.output).toBe('[]')
  const theirs = await bench.call('read_terminal', { command_id: other.facts.command_id }, { conversation: 'one' })
  expect(theirs.ok).toBe(false)
})

test('calls that arrive at once for one session run in their order', async () => {
  const session = { session: 'order' }
  const answers = await Promise.all([
    bench.run('sleep 0.2; N=1; echo first', session),
    bench.run('echo "second $N"; N=2', session),
    bench.run('echo "third $N"', session),
  ])
  expect(answers.map(({ output }) => output)).toEqual(['first', 'second 1', 'third 2'])
})

test('the same call sent again does not run again', async () => {
  const call = { key: 'run1/step1/call1' }
  const first = await bench.run('echo x >>times; cat times', { session: 'key' }, call)
  const again = await bench.run('echo x >>times; cat times', { session: 'key' }, call)
  expect(again.output).toBe('x')
  expect(again.facts.command_id).toBe(first.facts.command_id)
  expect(existsSync(`${bench.root}/times`)).toBe(true)
})
