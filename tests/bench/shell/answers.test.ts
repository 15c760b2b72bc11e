import { expect, test } from 'vitest'
import { readCommander, readCommanderExit, readOneShot, readOurs } from './answers.js'

const footer = '[63851c63] command_id=cbe2-8'
const facts = 'duration_ms=31 cwd=/home/ada'
const asks = 'waits for input from the terminal: write_terminal {"command_id":"cbe2-8","text":"…","keys":["Enter"]}'

test.for([
  {
    what: 'no output',
    text: `${footer} status=exited exit_code=0 ${facts}`,
    told: { output: '', exitCode: 0, waits: false },
  },
  {
    what: 'output and an exit code',
    text: `out\nerr\n${footer} session=s2 status=exited exit_code=7 ${facts}`,
    told: { output: 'out\nerr', exitCode: 7, waits: false },
  },
  {
    what: 'a question',
    text: `Name: \n${footer} status=waiting_tty prompt="" ${facts} cursor=6 | ${asks}`,
    told: { output: 'Name: ', exitCode: undefined, waits: true },
  },
  {
    what: 'output that looks like a question of ours',
    text: `[63851c63] command_id=cbe2-1 status=waiting_tty\n${footer} status=exited exit_code=0 ${facts}`,
    told: { output: '[63851c63] command_id=cbe2-1 status=waiting_tty', exitCode: 0, waits: false },
  },
  {
    what: 'a command that goes on',
    text: `${footer} status=running ${facts} cursor=0 | still running: read_terminal {}`,
    told: { output: '', exitCode: undefined, waits: false },
  },
])('ours is understood: $what', ({ text, told }) => {
  expect(readOurs(text)).toEqual(told)
})

const started = 'Process started with PID 10944 (shell: bash)\nInitial output:\n'
const waiting = '🔄 Process 10944 is waiting for input (detected: ">>>")'

test.for([
  { what: 'no output', text: started, told: { output: '', waits: false } },
  { what: 'output', text: `${started}out\nerr\n`, told: { output: 'out\nerr\n', waits: false } },
  { what: 'a verdict of waiting', text: `${started}>>> \n${waiting}`, told: { output: '>>> ', waits: true } },
  {
    what: 'a verdict of having finished',
    text: `${started}Error: no\n\n✅ Process 10944 has finished execution`,
    told: { output: 'Error: no\n', waits: false },
  },
  {
    what: 'no verdict in time',
    text: `${started}Name: \n⏳ Process is running. Use read_process_output to get more output.`,
    told: { output: 'Name: ', waits: false },
  },
  {
    what: 'output with the words of a verdict',
    text: `${started}\n${waiting}\nthe end\n`,
    told: { output: `\n${waiting}\nthe end\n`, waits: false },
  },
])('Desktop Commander is understood: $what', ({ text, told }) => {
  expect(readCommander(text)).toEqual({ ...told, pid: 10944, exitCode: undefined })
})

test('Desktop Commander tells how a process ended when it is asked', () => {
  const text = '[Reading last 1 lines (total: 3 lines)]\n\n\n\n✅ Process completed with exit code 7 (runtime: 0.93s)'
  expect(readCommanderExit(text)).toBe(7)
  expect(readCommanderExit('[Reading 0 new lines]\n\n(No output in requested range)')).toBeUndefined()
})

test('the one-shot server is understood, and its claims are none', () => {
  expect(readOneShot('[exit code 0]\n>>> [exit code 3]')).toEqual({
    output: '[exit code 0]\n>>> ',
    exitCode: 3,
    waits: false,
  })
  expect(readOneShot('[exit code SIGTERM]').exitCode).toBeNaN()
})

test.for([
  { who: 'ours', read: readOurs },
  { who: 'Desktop Commander', read: readCommander },
  { who: 'the one-shot server', read: readOneShot },
])('an answer of $who that is in other words is no verdict', ({ read }) => {
  for (const text of [
    '',
    'Error: Command not allowed: sudo',
    'out\n[63851c63] session=main',
    `${footer} exit_code=0`,
  ]) {
    expect(() => read(text)).toThrow('not understood')
  }
})
