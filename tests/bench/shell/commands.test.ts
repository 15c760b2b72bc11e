import { expect, test } from 'vitest'
import type { Answer } from '../mcp/tool-server.js'
import { runProgram } from '../run-program.js'
import { measureAlone, measureInTurns } from './commands.js'
import { contestantThat } from './contestant.fixture.js'

const sampling = { rounds: 3, warmUp: 1 }

function measure(answer: (command: string) => Answer | Promise<Answer>) {
  const { server: echo } = contestantThat(() => ({ ok: true, text: '' }))
  return measureInTurns({ contestants: [contestantThat(answer)], echo, sampling })
}

async function bash(command: string): Promise<Answer> {
  const output = await runProgram({ file: 'bash', args: ['-c', `${command}\nprintf '[exit code %s]' $?`] })
  return { ok: true, text: output.toString() }
}

test('a server that answers rightly is measured beside the echo', async () => {
  const measured = await measure(bash)
  expect(measured.map(({ command, contestant, wrong }) => [command, contestant, wrong])).toEqual([
    [':', 'test', 0],
    ['/bin/true', 'test', 0],
    ['2,000 lines', 'test', 0],
  ])
  for (const { timing, echo } of measured) {
    expect([timing.samples, echo.samples]).toEqual([3, 3])
    expect(timing.p95).toBeGreaterThanOrEqual(timing.p50)
  }
})

test('alone, one server is measured after the other', async () => {
  const called: string[] = []
  const named = (label: string) => ({
    ...contestantThat((command) => {
      called.push(label)
      return bash(command)
    }),
    label,
  })
  const { server: echo } = contestantThat(() => ({ ok: true, text: '' }))
  const measured = await measureAlone({ contestants: [named('one'), named('other')], echo, sampling })
  const both = ['one, alone', 'other, alone']
  expect(measured.map(({ contestant }) => contestant)).toEqual([...both, ...both, ...both])
  // Both are checked, then for each of three commands asked for the size of its answer, then timed.
  expect(runsIn(called)).toBe(2 + 3 * (2 + 2))
})

/** How often another one is called than before. */
function runsIn(called: readonly string[]): number {
  return called.filter((label, at) => at === 0 || label !== called[at - 1]).length
}

test.for<{ what: string; answer: (command: string) => Answer | Promise<Answer>; message: string }>([
  { what: 'runs nothing', answer: () => ({ ok: true, text: '[exit code 0]' }), message: 'answered exit code 0 and ""' },
  {
    what: 'forgets the exit code',
    answer: async (command) => ({ ok: true, text: (await bash(`${command}; true`)).text }),
    message: 'answered exit code 0 and "3\\n"',
  },
  {
    what: 'loses output',
    answer: async (command) => ({ ok: true, text: (await bash(command)).text.replace('\n1999', '') }),
    message: 'to the command "seq 2000"',
  },
  { what: 'refuses', answer: () => ({ ok: false, text: 'not allowed' }), message: 'test refused run: not allowed' },
])('a server that $what is not measured', async ({ answer, message }) => {
  await expect(measure(answer)).rejects.toThrow(message)
})

test('answers that turn wrong while they are timed are counted', async () => {
  let calls = 0
  const measured = await measure(async (command) => {
    if (command !== ':') return bash(command)
    calls += 1
    // One call to check, one for its size, one to warm up.
    return calls === 5 ? { ok: true, text: 'lost[exit code 0]' } : bash(command)
  })
  expect(measured.map(({ wrong }) => wrong)).toEqual([1, 0, 0])
})
