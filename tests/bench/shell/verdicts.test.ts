import { expect, test } from 'vitest'
import { runProgram } from '../run-program.js'
import { contestantThat } from './contestant.fixture.js'
import { pretenders, waiters } from './prompts.js'
import { judgePrompts } from './verdicts.js'

/** The commands name their texts: a server that only repeats what it was told has shown them. */
const repeat = (command: string) => ({ ok: true, text: `${command}[exit code 0]` })

test('a server that always claims is wrong about all that do not wait, and right about the others', async () => {
  const claiming = { ...contestantThat(repeat), read: () => ({ output: '', exitCode: undefined, waits: true }) }
  expect(await judgePrompts(claiming)).toEqual({
    contestant: 'test',
    falseClaims: pretenders.map(({ text }) => text),
    pretenders: 20,
    seen: waiters.map(({ text }) => text),
    waiters: 5,
  })
})

test('a server that never claims is never wrong and has seen nothing', async () => {
  expect(await judgePrompts(contestantThat(repeat))).toMatchObject({ falseClaims: [], seen: [] })
})

test.for([
  { what: 'an answer without the text', answer: { ok: true, text: '[exit code 0]' }, message: 'without "Password: "' },
  { what: 'a refusal', answer: { ok: false, text: 'not allowed' }, message: 'test refused run' },
  { what: 'an answer in other words', answer: { ok: true, text: 'fine' }, message: 'not understood' },
])('$what is no verdict', async ({ answer, message }) => {
  await expect(judgePrompts(contestantThat(() => answer))).rejects.toThrow(message)
})

test('what looks like a prompt is printed, and the command ends by itself', async () => {
  const endings = pretenders.map(async ({ text, command }) => {
    const output = await runProgram({ file: 'bash', args: ['-c', `{ ${command({ hasTerminal: false })}; } 2>&1`] })
    expect(output.toString().startsWith(text)).toBe(true)
  })
  await Promise.all(endings)
})

test.for(waiters)('"$text" reads a line of its input', async ({ command }) => {
  const script = `{ ${command({ hasTerminal: false })}; } >/dev/null 2>&1; IFS= read -r next; echo "$next"`
  const output = await runProgram({ file: 'bash', args: ['-c', script], input: '1\n2\n' })
  expect(output.toString()).not.toBe('1\n')
})

test('on a terminal, texts and answers go through it', () => {
  const commands = [...pretenders, ...waiters].map(({ command }) => command({ hasTerminal: true }))
  expect(commands.filter((command) => command.includes('</dev/tty'))).toHaveLength(waiters.length)
  expect(commands.filter((command) => command.includes('>/dev/tty')).length).toBeGreaterThan(waiters.length)
})
