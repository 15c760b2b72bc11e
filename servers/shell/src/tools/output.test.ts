import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

const mib = 1024 * 1024

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench({ limits: { outputBytesMax: 20 * mib, headBytesMax: mib, tailBytesMax: mib } })
  await bench.run(':')
})
afterAll(() => bench.remove())

test('long output is shown as head and tail, with what was left out and how to read on', async () => {
  const answer = await bench.run('seq 1 20000', { max_output: 1_000 })
  expect(answer.output.length).toBeLessThan(1_300)
  expect(answer.output).toMatch(/^1\n2\n3\n/)
  expect(answer.output).toMatch(/19999\n20000$/)
  const [, dropped, cursor] = /\[… (\d+) bytes left out: read on with .*"cursor":(\d+)\} …\]/.exec(answer.output) ?? []
  expect(answer.facts.dropped_bytes).toBe(Number(dropped))
  const shown = answer.output.split('\n').findIndex((line) => line.startsWith('[…'))
  const more = await bench.call('read_terminal', { command_id: answer.facts.command_id, cursor: Number(cursor) })
  expect(more.output).toMatch(new RegExp(`^${shown + 1}\n${shown + 2}\n`))
})

test('reading on by cursor gives the whole output, piece by piece', async () => {
  const started = await bench.run('for i in {1..400}; do echo "línea $i 🎉"; done', { max_output: 300 })
  const { command_id } = started.facts
  let text = ''
  for (let cursor = 0; ; ) {
    const read = await bench.call('read_terminal', { command_id, cursor, max_output: 1_000 })
    const gap = /\n?\[… \d+ bytes left out: read on with .*"cursor":(\d+)\} …\]\n/.exec(read.output)
    if (gap === null) {
      text += `${read.output}\n`
      break
    }
    text += `${read.output.slice(0, gap.index)}\n`
    cursor = Number(gap[1])
  }
  expect(text).toBe(Array.from({ length: 400 }, (_, i) => `línea ${i + 1} 🎉\n`).join(''))
})

test('new output of a running command is read by cursor, waiting for its end', async () => {
  const started = await bench.run('echo one; sleep 0.5; echo two; (exit 3)', { yield_ms: 250 })
  expect(started.output).toBe('one')
  const { command_id, cursor } = started.facts
  const rest = await bench.call('read_terminal', { command_id, cursor, wait_ms: 10_000 })
  expect(rest.output).toBe('two')
  expect(rest.facts).toMatchObject({ status: 'exited', exit_code: 3 })
  expect(rest.facts.duration_ms).toBeLessThan(1_500)
})

test('characters and escapes that are cut in the middle are not shown in halves', async () => {
  const started = await bench.run(
    "printf 'a\\xf0\\x9f'; sleep 0.4; printf '\\x8e\\x89b\\e[3'; sleep 0.4; printf '1mred\\e[0m\\n'",
    { yield_ms: 250 },
  )
  const { command_id } = started.facts
  expect(started.output).toBe('a')
  const second = await bench.call('read_terminal', { command_id, cursor: started.facts.cursor, wait_ms: 350 })
  expect(second.output).toBe('🎉b')
  const third = await bench.call('read_terminal', { command_id, cursor: second.facts.cursor, wait_ms: 5_000 })
  expect(third.output).toBe('red')
})

test('every byte from 0x00 to 0xff comes through as valid text', async () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const answer = await bench.run(`printf '${bytes}\\nend\\n'`)
  expect(answer.output).toMatch(/\nend$/)
  expect(answer.output).toContain('!"#$%&')
  expect(Buffer.from(answer.output).toString()).toBe(answer.output)
  expect(answer.output).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/)
  expect(answer.facts.cursor).toBe(256 + 5)
})

test('one line of 64 KiB is cut at characters', async () => {
  const answer = await bench.run("printf 'é%.0s' {1..32768}; echo", { max_output: 1_000 })
  expect(answer.output).toMatch(/^é{200,}\n\[… \d+ bytes left out.*\]\né{200,}$/)
})

test.for([8 * 1024, 200 * 1024])('a command of %i bytes runs', async (bytes) => {
  const text = `x='${'y'.repeat(bytes)}'; echo \${#x}`
  expect((await bench.run(text)).output).toBe(`${bytes}`)
})

test('a command that writes without end is stopped, with that reason, and the session lives', async () => {
  const answer = await bench.run('yes', { yield_ms: 20_000 })
  expect(answer.facts.status).toBe('killed')
  expect(answer.facts.reason).toContain(`more than ${20 * mib} bytes`)
  expect(answer.output.length).toBeLessThan(17_000)
  expect((await bench.run('echo on')).output).toBe('on')
})

test('a job left behind that writes without end is stopped as well', async () => {
  const answer = await bench.run('yes & echo $!')
  const pid = Number(answer.output.split('\n').at(-1))
  const { command_id } = answer.facts
  for (let read = answer; (read.facts.cursor ?? 0) < 20 * mib; ) {
    await turn()
    read = await bench.call('read_terminal', { command_id, tail: 1 })
  }
  const gone = await bench.run(`while kill -0 ${pid} 2>/dev/null; do sleep 0.01; done; echo gone`)
  expect(gone.output).toMatch(/gone$/)
})

test('100 MB are answered within the cap and with little memory', async () => {
  const big = await createWorkbench()
  try {
    await big.run(':')
    const before = process.memoryUsage().rss
    const answer = await big.run("head -c 100000000 /dev/zero | tr '\\0' x | fold -w 99", { yield_ms: 50_000 })
    expect(answer.facts).toMatchObject({ status: 'exited', exit_code: 0 })
    expect(answer.output.length).toBeLessThan(17_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * mib)
    const middle = await big.call('read_terminal', {
      command_id: answer.facts.command_id,
      cursor: 50_000_000,
      max_output: 300,
    })
    expect(middle.output).toContain('for good')
  } finally {
    await big.remove()
  }
})

test('the disk budget of a session drops the output of its oldest commands first', async () => {
  const tight = await createWorkbench({ limits: { sessionBytesMax: 3 * mib } })
  try {
    const first = await tight.run('head -c 2000000 /dev/zero', { max_output: 200 })
    const second = await tight.run('head -c 2000000 /dev/zero | tr "\\0" x; echo end', { max_output: 200 })
    expect(second.output).toMatch(/xend$/)
    const gone = await tight.call('read_terminal', { command_id: first.facts.command_id })
    expect(gone.output).toContain('There is no command')
    const third = await tight.run('head -c 9000000 /dev/zero; echo end', { max_output: 200 })
    expect(third.facts.status).toBe('exited')
  } finally {
    await tight.remove()
  }
})

test('the oldest finished commands are forgotten', async () => {
  const few = await createWorkbench({ limits: { commandsKeptMax: 3 } })
  try {
    const running = await few.run('sleep 30', { background: true })
    const first = await few.run('echo 1')
    for (const number of [2, 3, 4]) await few.run(`echo ${number}`)
    const gone = await few.call('read_terminal', { command_id: first.facts.command_id })
    expect(gone.ok).toBe(false)
    expect((await few.call('read_terminal', { command_id: running.facts.command_id })).ok).toBe(true)
  } finally {
    await few.remove()
  }
})

test('new output is told while the call waits', async () => {
  const told: string[] = []
  await bench.run('echo early; sleep 1.3; echo late', {}, { onProgress: (message) => void told.push(message) })
  expect(told).toEqual(['early'])
})

describe('read_terminal picks', () => {
  test('the last lines', async () => {
    const { facts } = await bench.run('seq 1 50000')
    const tail = await bench.call('read_terminal', { command_id: facts.command_id, tail: 3 })
    expect(tail.output).toBe('49998\n49999\n50000')
    const all = await bench.run('echo a; printf b')
    expect((await bench.call('read_terminal', { command_id: all.facts.command_id, tail: 9 })).output).toBe('a\nb')
    expect((await bench.call('read_terminal', { command_id: all.facts.command_id, tail: 1 })).output).toBe('b')
  })

  test('matching lines with their numbers', async () => {
    const { facts } = await bench.run('seq 1 5000')
    const found = await bench.call('read_terminal', { command_id: facts.command_id, grep: '^12.4$' })
    expect(found.output).toBe(Array.from({ length: 10 }, (_, n) => `12${n}4: 12${n}4`).join('\n'))
    const none = await bench.call('read_terminal', { command_id: facts.command_id, grep: 'nothing' })
    expect(none.output).toBe('[no line matches]')
  })

  test('no more lines than fit', async () => {
    const { facts } = await bench.run('seq 1 5000')
    const found = await bench.call('read_terminal', { command_id: facts.command_id, grep: '1', max_output: 300 })
    expect(found.output.length).toBeLessThan(400)
    expect(found.output).toContain('more lines match')
  })

  test('nothing by a pattern that never ends or does not parse', async () => {
    const { facts } = await bench.run(`printf 'a%.0s' {1..60}; echo b`)
    const slow = await bench.call('read_terminal', { command_id: facts.command_id, grep: '^(a+)+$' })
    expect(slow.output).toContain('simpler pattern')
    const wrong = await bench.call('read_terminal', { command_id: facts.command_id, grep: '(' })
    expect(wrong.output).toContain('no regular expression')
  })
})

test('what a command that wrote too much left behind does not write into the next one', async () => {
  const session = { session: 'intruder' }
  const left = `(trap '' PIPE INT HUP; while sleep 0.05; do echo intruder; done) 2>/dev/null & disown`
  const stopped = await bench.run(`set +m; ${left}; yes`, { ...session, yield_ms: 30_000 })
  expect(stopped.facts.reason).toContain('it wrote more than')
  expect((await bench.run('sleep 0.5; echo mine', session)).output).toBe('mine')
})
