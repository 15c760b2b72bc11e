import { expect, test } from 'vitest'
import type { Answer } from '../mcp/tool-server.js'
import { runProgram } from '../run-program.js'
import { contestantThat } from './contestant.fixture.js'
import { measureFlood } from './flood.js'

const bytes = 100_000

async function floodOf(change: (output: string) => Answer) {
  const contestant = contestantThat(async (command) =>
    change((await runProgram({ file: 'bash', args: ['-c', command] })).toString()),
  )
  return (await measureFlood([contestant], bytes))[0]
}

test('an answer with the last lines is one at the end, however much of the others it has', async () => {
  const whole = await floodOf((output) => ({ ok: true, text: `${output}[exit code 0]` }))
  expect(whole).toMatchObject({ answered: 'at the end', chars: bytes + 'the end\n[exit code 0]'.length })
  const tail = await floodOf((output) => ({ ok: true, text: `${output.slice(-500)}[exit code 0]` }))
  expect(tail).toMatchObject({ answered: 'at the end', chars: 513 })
})

test.for([
  { what: 'the last line is missing', change: (output: string) => `${output.slice(0, -8)}[exit code 0]` },
  { what: 'only the last line is there', change: () => 'the end\n[exit code 0]' },
  { what: 'the command failed', change: (output: string) => `${output}[exit code 1]` },
])('it is not one at the end when $what', async ({ change }) => {
  const flooded = await floodOf((output) => ({ ok: true, text: output === '' ? '[exit code 0]' : change(output) }))
  expect(flooded?.answered).toBe('before the end')
})

test('a server that answers nothing but an error has answered nothing', async () => {
  const failing = (output: string) => (output === '' ? { ok: true, text: '' } : { ok: false, text: 'timed out' })
  expect(await floodOf(failing)).toMatchObject({ answered: 'none', chars: 0, error: 'timed out' })
})
