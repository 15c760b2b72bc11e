import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quote } from '../bash/quote.js'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeAll(async () => {
  bench = await createWorkbench()
  await bench.run(':')
})
afterAll(() => bench.remove())

describe('a prompt on the terminal is seen at once, with its text', () => {
  const prompts: [name: string, command: string, prompt: string][] = [
    ['of read -p', 'read -p "Your name: " n </dev/tty 2>/dev/tty; echo "hi $n"', 'Your name:'],
    ['on stderr', 'read -p "Your age: " n </dev/tty; echo "hi $n"', 'Your age:'],
    ['without a word', 'read n </dev/tty; echo "hi $n"', ''],
    ['after some output', 'echo one; echo two; printf "Go on? "; read n </dev/tty; echo; echo "hi $n"', 'Go on?'],
    ['of a silent read', 'printf "Password: " >/dev/tty; read -s n </dev/tty; echo "hi $n"', 'Password:'],
    ['of a program', 'bash -c \'printf "Sure? [y/N] " >/dev/tty; read n </dev/tty; echo "hi $n"\'', 'Sure? [y/N]'],
  ]
  test.for(prompts)('%s', async ([, command, prompt]) => {
    const asked = await bench.run(command, { yield_ms: 20_000 })
    expect(asked.facts).toMatchObject({ status: 'waiting_tty', prompt })
    expect(asked.facts.duration_ms).toBeLessThan(command.includes('>/dev/tty') ? 300 : 600)
    expect(asked.footer).toContain('write_terminal')
    const answered = await bench.call('write_terminal', {
      command_id: asked.facts.command_id,
      text: 'Ada',
      keys: ['Enter'],
    })
    expect(answered.facts).toMatchObject({ status: 'exited', exit_code: 0 })
    expect(answered.output.trim()).toBe('hi Ada')
  })
})

test('two questions in a row are two prompts', async () => {
  const one = await bench.run('for q in one two; do read -p "$q? " a </dev/tty 2>/dev/tty; echo "$q=$a"; done')
  expect(one.facts.prompt).toBe('one?')
  const { command_id } = one.facts
  const two = await bench.call('write_terminal', { command_id, text: '1\n' })
  expect(two.facts.status).toBe('waiting_tty')
  expect(two.facts.prompt).toMatch(/two\?$/)
  expect(two.output).toBe('one=1')
  const done = await bench.call('write_terminal', { command_id, text: '2\n' })
  expect(done.output).toBe('two=2')
})

test('a program that waits without a word is seen when the yield has passed', async () => {
  const asked = await bench.run('read x </dev/tty; echo "got $x"', { yield_ms: 250 })
  expect(asked.facts.status).toBe('waiting_tty')
  const answered = await bench.call('write_terminal', { command_id: asked.facts.command_id, keys: ['a', 'Enter'] })
  expect(answered.ok).toBe(false)
  const done = await bench.call('write_terminal', { command_id: asked.facts.command_id, text: 'a', keys: 'Enter' })
  expect(done.output).toBe('got a')
})

/** None of these waits for anything. */
const looksLikePrompts = [
  'echo "Password: "; sleep 0.4',
  'printf "Continue? [y/N] "; sleep 0.4',
  'printf "login: " >&2; sleep 0.4',
  'printf ">>> "; sleep 0.4',
  'printf "(gdb) "; sleep 0.4',
  'printf "Enter passphrase for key: "; sleep 0.4',
  'printf "mysql> "; sleep 0.4',
  'printf "Are you sure you want to continue connecting (yes/no)? "; sleep 0.4',
  'printf "Press any key to continue . . . "; sleep 0.4',
  'echo -n "? Project name: › "; sleep 0.4',
  'printf "message on the terminal" >/dev/tty; sleep 0.4',
  '(printf "%% " >/dev/tty; sleep 0.4)',
  'printf "Press ENTER to continue" >/dev/tty; for n in {1..60}; do sleep 0.01; done',
  'cat; printf "$ "; sleep 0.4',
]

test.for(looksLikePrompts)('%s is not taken for a question', async (command) => {
  const answer = await bench.run(command, { session: 'looks', yield_ms: 2_000 })
  expect(answer.facts).toMatchObject({ status: 'exited', exit_code: 0 })
})

test('with tty a program talks to a terminal', async () => {
  const plain = await bench.run('[[ -t 0 && -t 1 && -t 2 ]] && echo terminal; echo $TERM; MINE=tty', { tty: true })
  expect(plain.output).toBe('terminal\nxterm-256color')
  expect((await bench.run('[[ -t 1 ]] || echo "no terminal"; echo "$TERM $MINE"')).output).toBe('no terminal\ndumb tty')
})

test('what a command wrote to its terminal is all there, also when the server is busy elsewhere', async () => {
  const busy = setInterval(() => {
    for (const end = performance.now() + 25; performance.now() < end; );
  }, 1)
  try {
    for (let number = 0; number < 25; number++) {
      const { output } = await bench.run(`echo line ${number}`, { tty: true, session: 'beside' })
      expect(output).toBe(`line ${number}`)
    }
  } finally {
    clearInterval(busy)
  }
})

test('a program that goes on writing to the terminal holds nobody up', async () => {
  const session = { session: 'writer', tty: true }
  const { facts } = await bench.run('(while echo noise; do :; done >/dev/tty) & echo started', session)
  expect(facts.status).toBe('exited')
  expect((await bench.run('echo next', session)).facts.status).toBe('exited')
  await bench.call('reset_terminal', { session: 'writer' })
})

test('an interactive program can be driven', async () => {
  const started = await bench.run('bash --norc --noprofile -i', { tty: true, env: { PS1: 'inner> ' } })
  expect(started.facts.status).toBe('waiting_tty')
  expect(started.output).toContain('inner>')
  const { command_id } = started.facts
  const sum = await bench.call('write_terminal', { command_id, text: 'echo $((6 * 7))', keys: ['Enter'] })
  expect(sum.output).toContain('42')
  const interrupted = await bench.call('write_terminal', { command_id, text: 'sleep 60\n' })
  expect(interrupted.facts.status).toBe('running')
  await bench.call('write_terminal', { command_id, keys: ['C-c'] })
  const over = await bench.call('write_terminal', { command_id, text: 'exit 5', keys: ['Enter'] })
  expect(over.facts).toMatchObject({ status: 'exited', exit_code: 5 })
})

test('typing into what does not listen is refused, with the reason', async () => {
  const running = await bench.run('sleep 30', { yield_ms: 250 })
  const { command_id } = running.facts
  const deaf = await bench.call('write_terminal', { command_id, text: 'x' })
  expect(deaf.output).toContain('without "tty"')
  await bench.call('signal_terminal', { command_id })
  const ended = await bench.call('write_terminal', { command_id, text: 'x' })
  expect(ended.output).toContain('has ended (killed)')
  expect((await bench.call('write_terminal', { command_id })).output).toContain('Nothing to type')
  const odd = await bench.call('write_terminal', { command_id, keys: ['Hyper-x'] })
  expect(odd.output).toContain('C-c (Control)')
})

test('list_terminals shows sessions, what runs in them and the ports they listen on', async () => {
  const many = { conversation: 'list' }
  await bench.run('cd /usr', { session: 'web' }, many)
  const server =
    'exec node -e \'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })\''
  const started = await bench.run(server, { session: 'web', background: true }, many)
  const { command_id } = started.facts
  let port = ''
  while (port === '') {
    port = (await bench.call('read_terminal', { command_id, wait_ms: 50 }, many)).output.trim()
  }
  await bench.run('sleep 30', { session: 'busy', yield_ms: 250 }, many)
  const list = await bench.call('list_terminals', {}, many)
  expect(`${list.output}\n${list.footer}`).toContain(`session=web idle cwd=/usr processes=3 ports=${port}`)
  expect(`${list.output}\n${list.footer}`).toMatch(/session=busy busy .*\n {2}\S+ running "sleep 30"/)
  expect(list.facts.sessions).toHaveLength(2)
})

describe('a program on the terminal that has more than one thing to wait for:', () => {
  const python = (source: string) => `python3 -c ${quote(source)}`

  test('a poll of something else is no question', async () => {
    const source =
      'import select,socket;a,b=socket.socketpair();print("fetching");p=select.poll();p.register(a,1);p.poll(1500)'
    const { facts } = await bench.run(python(source), { tty: true, session: 'poll', yield_ms: 20_000 })
    expect(facts).toMatchObject({ status: 'exited', exit_code: 0 })
  })

  test.for([
    ['a poll of several descriptors', 'p=select.poll();p.register(a,1);p.register(0,1);p.register(b,4);p.poll()'],
    ['a select in which the terminal is not the highest', 'select.select([0,a],[],[])'],
  ])('%s asks when it has been silent for a while', async ([, wait]) => {
    const source = `import select,socket;a,b=socket.socketpair();print("Name? ",end="",flush=True);${wait};print("hi",input())`
    const asked = await bench.run(python(source), { tty: true, session: 'several', yield_ms: 10_000 })
    expect(asked.facts).toMatchObject({ status: 'waiting_tty', prompt: 'Name?' })
    const answered = await bench.call('write_terminal', { command_id: asked.facts.command_id, text: 'Ada\n' })
    expect(answered.output).toContain('hi Ada')
  })

  test('a thread that reads asks', async () => {
    const source =
      'import threading;print("Name? ",end="",flush=True);t=threading.Thread(target=lambda:print("hi",open("/dev/tty").readline()));t.start();t.join()'
    const asked = await bench.run(python(source), { tty: true, session: 'thread', yield_ms: 10_000 })
    expect(asked.facts).toMatchObject({ status: 'waiting_tty', prompt: 'Name?' })
    const answered = await bench.call('write_terminal', { command_id: asked.facts.command_id, text: 'Ada\n' })
    expect(answered.output).toContain('hi Ada')
  })
})

test('output that was held with C-s goes on when the command has ended', async () => {
  const session = { session: 'held' }
  const { facts } = await bench.run('while sleep 0.1; do echo x; done', { ...session, tty: true, yield_ms: 300 })
  await bench.call('write_terminal', { command_id: facts.command_id, keys: ['C-s'] })
  await bench.call('signal_terminal', { command_id: facts.command_id, signal: 'KILL' })
  const next = await bench.run('echo hello', { ...session, tty: true, yield_ms: 3_000 })
  expect(next.facts.status).toBe('exited')
  expect(next.output).toContain('hello')
})
