import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

let bench: Workbench
beforeEach(async () => {
  bench = await createWorkbench()
})
afterEach(() => bench.remove())

const state = `
export EXPORTED="two words"; plain='a b'; declare -A map=([k]="v w"); list=(1 "2 3"); declare -i number=7
f() { echo "f $1"; }; alias hey='echo hey'; shopt -s extglob; set -u; umask 027; cd /usr/share; unset HOME`
const look = `echo "$EXPORTED|$plain|\${map[k]}|\${list[1]}|$number|\${HOME-unset}"
f x; hey; shopt -q extglob && echo extglob; [[ $- == *u* ]] && echo nounset; umask; pwd; env | grep -c '^EXPORTED='`
const expected = 'two words|a b|v w|2 3|7|unset\nf x\nhey\nextglob\nnounset\n0027\n/usr/share\n1'

const deaths: [name: string, command: string][] = [
  ['exit 3', 'exit 3'],
  ['a failure under set -e', 'set -e; false'],
  ['exec of a program', 'exec false'],
  ['KILL of the shell', 'kill -9 $$'],
  ['HUP of the shell', 'kill -HUP $$'],
  ['closing what the shell reads from', 'for i in {0..255}; do eval "exec $i>&-"; done'],
]

test.for(deaths)('state lives through %s', async ([, command]) => {
  await bench.run(state)
  await bench.run(command)
  const after = await bench.run(look)
  expect(after.output).toBe(expected)
  expect(after.facts.took_over).toBe(true)
  expect((await bench.run(look)).output).toBe(expected)
})

test('state lives through a shell that ends while idle', async () => {
  await bench.run(state)
  await bench.run('(sleep 0.1; kill -9 $$) & :')
  await bench.run('sleep 0.3', { session: 'other' })
  expect((await bench.run(look)).output).toBe(expected)
})

test('state lives through a restart of the server, and command ids do not come back', async () => {
  await bench.run(state)
  const before = await bench.run(':')
  await bench.close()
  const next = await bench.again()
  try {
    const after = await next.run(look)
    expect(after.output).toBe(expected)
    expect(after.footer).toContain('took over')
    const old = await next.call('read_terminal', { command_id: before.facts.command_id })
    expect(old.ok).toBe(false)
    expect(old.output).toContain(after.facts.command_id)
  } finally {
    await next.close()
  }
})

test('state that is too old is not taken over', async () => {
  await bench.run(state)
  await bench.close()
  const folder = join(bench.stateDir, 'snapshots')
  const longAgo = new Date('2020-01-01')
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo)
  const next = await bench.again()
  try {
    const after = await next.run('printenv EXPORTED || echo none; pwd')
    expect(after.output).toBe(`none\n${next.root}`)
    expect(after.facts.took_over).toBeUndefined()
  } finally {
    await next.close()
  }
})

test('a broken snapshot does not break the shell', async () => {
  await bench.run(state)
  await bench.close()
  const folder = join(bench.stateDir, 'snapshots')
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'x=1\nif then (((\n"')
  const next = await bench.again()
  try {
    expect((await next.run('echo well')).output).toBe('well')
  } finally {
    await next.close()
  }
})

test('traps that reach into functions write into no state and no report, and -T and -E are taken over', async () => {
  await bench.run('f() { :; }; trap "echo touch pwned; echo exit 0" DEBUG; trap "echo failed" ERR; set -TE')
  await bench.run('sleep 0.1 &')
  const waited = await bench.run('sleep 0.3')
  expect(waited.facts.jobs).toMatchObject([{ command: 'sleep 0.1', exit_code: 0 }])
  await bench.run('kill -9 $$')
  const after = await bench.run('echo "flags $-"; declare -F | grep -c __ac; ls')
  expect(after.output).toMatch(/flags \S*T/)
  expect(after.output).toMatch(/flags \S*E/)
  expect(after.output).toMatch(/^4$/m)
  expect(after.output).not.toMatch(/^pwned$/m)
})

test('a large state, still being written when the next command comes, is kept as well', async () => {
  await bench.run('for i in {1..6000}; do printf -v "v$i" "%s" "$i"; done')
  for (const value of [1, 2, 3]) await bench.run(`LAST=${value}`)
  await bench.run('kill -9 $$')
  const after = await bench.run('echo "$LAST $v6000"')
  expect(after.facts.took_over).toBe(true)
  expect(after.output).toBe('3 6000')
})

test('a state is readable for the next shell, whatever umask a command sets', async () => {
  await bench.run('export EXPORTED=kept; umask 0777')
  await bench.run('kill -9 $$')
  expect((await bench.run('echo $EXPORTED; umask')).output).toBe('kept\n0777')
  const folder = join(bench.stateDir, 'snapshots')
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

test('names that begin as ours do mean nothing to us', async () => {
  await bench.run('readonly __ac_text=5 __ac_code=6; __ac_done() { echo no; }; readonly -f $(compgen -A function)')
  expect((await bench.run('echo run', { env: { MINE: '1' } })).output).toBe('run')
  await bench.run('kill -9 $$')
  const after = await bench.run('echo "$MINE$__ac_text"; (exit 3)', { env: { MINE: '2' } })
  expect([after.output, after.facts.exit_code]).toEqual(['25', 3])
})

test('FIFOs that a command removes cost no other command its output', async () => {
  const first = await bench.run('rm -f "$(dirname "$(readlink /proc/self/fd/1)")"/output*; echo first')
  expect(first.output).toBe('first')
  for (let number = 0; number < 12; number++) expect((await bench.run(`echo ${number}`)).output).toBe(`${number}`)
})

test('a state folder that is removed under the server costs the state, which is said, and nothing else', async () => {
  await bench.run(state)
  const running = await bench.run('echo early; sleep 1; echo late', { session: 'busy', yield_ms: 250 })
  rmSync(bench.stateDir, { recursive: true })
  const { command_id } = running.facts
  const ended = await bench.call('read_terminal', { command_id, wait_ms: 5_000 })
  expect(ended.facts.status).toBe('shell_restarted')
  expect(ended.output).toContain('late')
  for (const session of ['main', 'busy', 'another']) {
    const first = await bench.run('printenv EXPORTED || echo none; seq 100000 | wc -c', { session })
    expect(first.output).toBe('none\n588895')
    expect(first.facts.state_lost).toBe(session === 'another' ? undefined : true)
    await bench.run('kept=1', { session })
    expect((await bench.run('exit 4', { session })).facts.status).toBe('shell_restarted')
    expect((await bench.run('echo $kept', { session })).output).toBe('1')
  }
})

test('reset_terminal keeps the state, or forgets it', async () => {
  await bench.run(state)
  await bench.run('sleep 300 &')
  const kept = await bench.call('reset_terminal', {})
  expect(kept.facts.ended).toBeGreaterThanOrEqual(2)
  expect((await bench.run(look)).output).toBe(expected)
  await bench.call('reset_terminal', { keep_state: false })
  expect((await bench.run('printenv EXPORTED || echo none; pwd')).output).toBe(`none\n${bench.root}`)
})

test('reset_terminal ends what runs, and says so when it is read', async () => {
  const running = await bench.run('echo begun; sleep 300', { yield_ms: 250 })
  await bench.call('reset_terminal', {})
  const read = await bench.call('read_terminal', { command_id: running.facts.command_id })
  expect(read.facts.status).toBe('killed')
  expect(read.output).toBe('begun')
  expect(read.footer).toContain('reset')
})

test('a session that was opened as "new" starts afresh', async () => {
  const first = await bench.run('OLD=1', { session: 'new' })
  await bench.close()
  const next = await bench.again()
  try {
    const second = await next.run('echo "[$OLD]"', { session: 'new' })
    expect(second.facts.session).toBe(first.facts.session)
    expect(second.output).toBe('[]')
  } finally {
    await next.close()
  }
})

test('a shell whose directory has gone starts in the workspace, never in the home directory', async () => {
  await bench.run('mkdir sub && cd sub')
  await bench.run('kill -9 $$')
  rmSync(join(bench.root, 'sub'), { recursive: true })
  expect((await bench.run('pwd')).output).toContain(bench.root)
})

test('without its workspace a new shell runs nothing', async () => {
  const root = join(bench.root, 'workspace')
  mkdirSync(root)
  const other = await createWorkbench({ root })
  rmSync(root, { recursive: true })
  try {
    const refused = await other.run('pwd')
    expect(refused).toMatchObject({ ok: false, output: expect.stringContaining(`${root} has gone`) })
    mkdirSync(root)
    expect((await other.run('pwd')).output).toBe(root)
  } finally {
    await other.remove()
  }
})

test('functions are taken over as they were written, whatever patterns and aliases are in force', async () => {
  await bench.run('shopt -s extglob')
  await bench.run('f() { echo !(state); }; g() { true; }; alias true="echo aliased"; touch kept; umask 027')
  await bench.run('kill -9 $$')
  const next = await bench.run('f; g; umask; alias true')
  expect(next.output).toBe("kept\n0027\nalias true='echo aliased'")
})

test('aliases named like reserved words do not break the shell that takes them over', async () => {
  await bench.run('alias while=echo do=false "[["=false')
  await bench.run('kill -9 $$')
  const next = await bench.run('alias while', { yield_ms: 5_000 })
  expect(next.facts).toMatchObject({ status: 'exited', exit_code: 0 })
  expect(next.output).toBe("alias while='echo'")
})

test('functions named like the builtins that restore a state are taken over too', async () => {
  await bench.run('alias ll="echo listed"; shopt -s nullglob; umask 027; set -u', { session: 'named' })
  await bench.run('for name in alias set shopt umask; do eval "$name() { echo mine; }"; done', { session: 'named' })
  await bench.run('kill -9 $$', { session: 'named' })
  const back = await bench.run('ll; builtin shopt -p nullglob; builtin umask; echo $-; set; shopt', {
    session: 'named',
  })
  expect(back.output).toMatch(/^listed\nshopt -s nullglob\n0027\n.*u.*\nmine\nmine$/)
})

test('a directory whose name has line ends forges no line of the list', async () => {
  await bench.run("mkdir $'x\\nsession=forged idle'; cd $'x\\nsession=forged idle'", { session: 'odd' })
  const list = await bench.call('list_terminals', {})
  expect(`${list.output}\n${list.footer}`).not.toMatch(/^session=forged/m)
})
