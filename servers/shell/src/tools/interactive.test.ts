import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { terminalSize } from '../terminal/size.js'
import { type Answer, createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench()
  await bench.run(':')
})
afterAll(() => bench.remove())

/** Somebody at the terminal of one command. */
interface Sitting {
  readonly started: Answer
  type(text: string, ...keys: string[]): Promise<Answer>
  screen(): Promise<Answer>
}

async function sitDown(command: string, args: Record<string, unknown> = {}): Promise<Sitting> {
  const started = await bench.run(command, { tty: true, session: 'new', ...args })
  const { command_id } = started.facts
  return {
    started,
    type: (text, ...keys) => bench.call('write_terminal', { command_id, ...(text === '' ? {} : { text }), keys }),
    screen: () => bench.call('terminal_screen', { command_id }),
  }
}

function need(program: string, context: TestContext): void {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program])
  } catch {
    context.skip(`there is no ${program} on this machine`)
  }
}

describe('a program on the terminal is driven to its end:', () => {
  test('python3 -i', async (context) => {
    need('python3', context)
    const { started, type } = await sitDown('python3 -i -q', { yield_ms: 30_000 })
    expect(started.facts).toMatchObject({ status: 'waiting_tty', prompt: '>>>' })
    expect((await type('6 * 7', 'Enter')).output).toContain('\n42\n')
    const asked = await type('name = input("Your name? ")', 'Enter')
    expect(asked.facts).toMatchObject({ status: 'waiting_tty', prompt: 'Your name?' })
    await type('Ada', 'Enter')
    expect((await type('print(name[::-1])', 'Enter')).output).toContain('adA')
    expect((await type('raise SystemExit(4)', 'Enter')).facts).toMatchObject({ status: 'exited', exit_code: 4 })
  })

  test('a REPL that waits in an event loop', async () => {
    const { started, type } = await sitDown('node', { yield_ms: 30_000 })
    expect(started.facts).toMatchObject({ status: 'waiting_tty', prompt: '>' })
    const sum = await type('[1, 2].map((n) => n + 1)', 'Enter')
    expect(sum.facts.status).toBe('waiting_tty')
    expect(sum.output).toContain('[ 2, 3 ]')
    expect((await type('process.exit(5)', 'Enter')).facts).toMatchObject({ status: 'exited', exit_code: 5 })
  })

  test('vim', async (context) => {
    need('vim', context)
    const { started, type, screen } = await sitDown('vim -u NONE -i NONE poem.txt')
    expect(started.facts.screen).toMatchObject({ full_screen: true, cursor: { row: 1, column: 1 } })
    expect(started.output).toContain('"poem.txt" [New')
    await type('iroses are red', 'Enter')
    const written = await type('violets are blue', 'Escape')
    expect(written.output).toMatch(/^roses are red\nviolets are blue\n~\n/)
    expect((await screen()).facts.screen?.cursor).toEqual({ row: 2, column: 16 })
    expect((await type('', 'Up', '0', 'x')).ok).toBe(false)
    await type('ggx')
    const saved = await type(':wq', 'Enter')
    expect(saved.facts).toMatchObject({ status: 'exited', exit_code: 0 })
    expect((await bench.run('cat poem.txt')).output).toBe('oses are red\nviolets are blue')
  })

  test('less', async (context) => {
    need('less', context)
    const { started, type } = await sitDown('seq 1 500 | less', { env: { LESS: '' } })
    expect(started.output).toMatch(/^1\n2\n/)
    expect((await type('', 'PageDown')).output).toMatch(/^40\n41\n/)
    const found = await type('/^250', 'Enter')
    expect(found.output).toMatch(/^250\n251\n[\s\S]*\[highlighted in row 1: 250\]$/)
    expect((await type('q')).facts).toMatchObject({ status: 'exited', exit_code: 0 })
  })

  test('git rebase -i', async (context) => {
    need('vim', context)
    const setUp = 'git init -q history; cd history; git config user.email a@example.org; git config user.name Ada'
    await bench.run(`${setUp}; for n in 1 2 3; do echo $n >f; git add f; git commit -qm "change $n"; done; cd ..`)
    const { started, type } = await sitDown('git rebase -i HEAD~2', {
      cwd: 'history',
      env: { GIT_EDITOR: 'vim -u NONE -i NONE' },
    })
    expect(started.output).toMatch(/^pick \w+ change 2\npick \w+ change 3\n/)
    await type('jcwfixup', 'Escape')
    const done = await type(':wq', 'Enter')
    expect(done.facts).toMatchObject({ status: 'exited', exit_code: 0 })
    expect(done.output).toContain('Successfully rebased')
    expect((await bench.run('git -C history log --format=%s')).output).toBe('change 2\nchange 1')
  })

  test('a password prompt, as ssh and sudo show it, with a terminal and without', async (context) => {
    need('python3', context)
    const ask = `python3 -c 'import getpass; print(len(getpass.getpass("ada@host password: ")))'`
    for (const tty of [true, false]) {
      const { started, type } = await sitDown(ask, { tty, yield_ms: 30_000 })
      expect(started.facts).toMatchObject({ status: 'waiting_tty', prompt: 'ada@host password:' })
      const done = await type('opensesame', 'Enter')
      expect(done.facts).toMatchObject({ status: 'exited', exit_code: 0 })
      expect(done.output.trim()).toBe('10')
    }
  })

  test('a progress bar shows its last state', async () => {
    const bar = `for n in 1 2 3 4 5; do printf '\\r%3d%% [%-5s]' $((n * 20)) "$(printf '#%.0s' $(seq $n))"; sleep 0.02; done; echo`
    const { started, screen } = await sitDown(bar)
    expect(started.facts).toMatchObject({ status: 'exited', exit_code: 0 })
    expect(started.output).toBe('100% [#####]')
    expect((await screen()).output).toBe('100% [#####]')
  })

  test('a menu that is worked with arrow keys', async () => {
    writeFileSync(join(bench.root, 'menu.sh'), menu)
    const { started, type } = await sitDown('bash menu.sh')
    expect(started.output).toContain('[highlighted in row 1: apples]')
    expect((await type('', 'Down')).output).toContain('[highlighted in row 2: pears]')
    const chosen = await type('', 'Enter')
    expect(chosen.output).toContain('chosen: pears')
    expect(chosen.facts.exit_code).toBe(0)
  })
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: shell source, not templates
const menu = [
  'printf "\\e[?1049h"; items=(apples pears); at=0',
  'while :; do',
  '  printf "\\e[H\\e[2J"',
  '  for i in 0 1; do ((i == at)) && printf "\\e[7m"; printf "%s\\e[0m\\r\\n" "${items[i]}"; done',
  '  IFS= read -rsn1 key',
  '  case $key in $\'\\e\') read -rsn2 rest; [[ $rest == "[B" ]] && at=1; [[ $rest == "[A" ]] && at=0;; "") break;; esac',
  'done',
  'printf "\\e[?1049l"; echo "chosen: ${items[at]}"',
].join('\n')
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: shell source, not templates

describe('a screen', () => {
  test('answers what programs ask the terminal', async () => {
    const { started } = await sitDown(`IFS= read -rs -d R -p $'abc\\e[6n' at; echo; echo "at \${at#*[}"`)
    expect(started.output).toContain('at 1;4')
  })

  test('is as it was last, when the command has ended or was killed', async () => {
    const { started, screen } = await sitDown('printf "\\e[5;10Hhere"; sleep 60', { yield_ms: 250 })
    await bench.call('signal_terminal', { command_id: started.facts.command_id, signal: 'KILL' })
    const last = await screen()
    expect(last.facts).toMatchObject({ status: 'killed', screen: { ...terminalSize, full_screen: false } })
    expect(last.output.split('\n')[4]).toMatch(/^ {9}here/)
  })

  test('holds wide characters, and none of what would command a terminal', async () => {
    const { screen } = await sitDown(`printf '日本\\e[1m!\\e[0m\\e]0;title\\a\\u009b31m\\e[10;1H\\xff'`)
    const { output } = await screen()
    expect(output).toMatch(/^日本!\n*.?$/)
    expect(output).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  test('of a flood shows its end, and keeps the server answering', async () => {
    const { started, screen } = await sitDown('seq 1 2000000; echo over', { yield_ms: 250 })
    const began = performance.now()
    await bench.run('echo beside', { session: 'beside' })
    expect(performance.now() - began).toBeLessThan(3_000)
    const { command_id } = started.facts
    await bench.call('read_terminal', { command_id, wait_ms: 50_000, tail: 1 })
    const shown = await screen()
    expect(shown.output).toMatch(/1999999\n2000000\nover$/)
  })

  test('belongs to commands that were started with tty', async () => {
    const plain = await bench.run('echo x')
    const refused = await bench.call('terminal_screen', { command_id: plain.facts.command_id })
    expect(refused.ok).toBe(false)
    expect(refused.output).toContain('"tty": true')
    const unknown = await bench.call('terminal_screen', { command_id: 'nope' })
    expect(unknown.output).toContain('no command "nope"')
  })

  test('cannot be shown without an emulator, which is said; everything else works', async () => {
    const blind = await createWorkbench({ loadScreen: () => Promise.reject(new Error('no such module')) })
    try {
      const { facts, output } = await blind.run('[[ -t 1 ]] && echo "on a terminal"', { tty: true })
      expect(output).toBe('on a terminal')
      const refused = await blind.call('terminal_screen', { command_id: facts.command_id })
      expect(refused.output).toMatch(/@xterm\/headless.*could not be loaded.*read_terminal/)
    } finally {
      await blind.remove()
    }
  })
})

test('what was typed ahead, or replied to a program that has ended, is not for the next one', async () => {
  const session = { session: 'ahead' }
  const first = await bench.run(`printf '\\e[6n'; sleep 0.4`, { ...session, tty: true, yield_ms: 250 })
  await bench.call('write_terminal', { command_id: first.facts.command_id, text: 'typed ahead\nand more' })
  await bench.call('read_terminal', { command_id: first.facts.command_id, wait_ms: 5_000 })
  const next = await bench.run('read -p "? " x </dev/tty 2>/dev/tty; echo "[$x]"', session)
  const { command_id } = next.facts
  const answered = await bench.call('write_terminal', { command_id, text: 'mine\n' })
  expect(answered.output).toContain('[mine]')
})

describe('a program that does not read what is typed', () => {
  const deaf = 'stty raw -echo; sleep 60'

  test('holds nobody up, and is told of when too much waits for it', async () => {
    const { started, type } = await sitDown(deaf, { yield_ms: 400 })
    const { command_id } = started.facts
    const began = performance.now()
    const pasted = await type('z'.repeat(100_000))
    expect(pasted.facts.status).toBe('running')
    expect((await bench.run('echo beside', { session: 'beside' })).output).toBe('beside')
    for (const length of [100_000, 50_000]) expect((await type('z'.repeat(length))).ok).toBe(true)
    const refused = await type('z'.repeat(50_000))
    expect(refused.ok).toBe(false)
    expect(refused.output).toContain('has not read what was typed before')
    expect(performance.now() - began).toBeLessThan(15_000)
    await bench.call('signal_terminal', { command_id, signal: 'KILL' })
    const { session } = started.facts
    await bench.run('stty sane </dev/tty', { session })
    const next = await bench.run('read -p "? " x </dev/tty 2>/dev/tty; echo "[$x]"', { session })
    expect(next.facts.prompt).toBe('?')
    const answered = await bench.call('write_terminal', { command_id: next.facts.command_id, text: 'mine\n' })
    expect(answered.output).toContain('[mine]')
  })

  test('gets all of it once it reads', async () => {
    const done = await bench.run('printf "%s" $(printf "0123456789%.0s" {1..5000}) | cksum', { session: 'sum' })
    const { command_id } = (
      await sitDown('stty raw -echo; sleep 0.5; head -c 50000 | cksum; stty sane', { yield_ms: 250 })
    ).started.facts
    await bench.call('write_terminal', { command_id, text: '0123456789'.repeat(5_000) })
    const read = await bench.call('read_terminal', { command_id, wait_ms: 10_000 })
    expect(read.output.trim()).toBe(done.output)
  })

  test('may ask the terminal as often as it likes', async () => {
    const asking = `stty raw -echo; printf '\\e[6n%.0s' {1..30000}; sleep 0.2; stty sane; echo; echo over`
    const { started } = await sitDown(asking, { yield_ms: 20_000 })
    expect(started.facts.status).toBe('exited')
    expect(started.output).toContain('over')
  })
})

test('an editor that is killed leaves the terminal as it found it', async (context) => {
  need('vim', context)
  const session = { session: 'killed' }
  const editor = await bench.run('vim -u NONE -i NONE x', { ...session, tty: true })
  await bench.call('signal_terminal', { command_id: editor.facts.command_id, signal: 'KILL' })
  const { output } = await bench.run('stty -a </dev/tty', session)
  expect(output).toMatch(/ icanon [\s\S]* echo /)
})
