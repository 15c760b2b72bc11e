import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listStats, readProc } from '../process/stat.js'
import { createWorkbench, type Workbench } from './workbench.fixture.js'

/** Processes whose command line or environment names the folder, wherever they went. */
function processesOf({ root }: Workbench): string[] {
  return listStats()
    .filter(({ state, pid }) => state !== 'Z' && pid !== process.pid)
    .flatMap(({ pid }) => {
      const line = readProc(`${pid}/cmdline`) ?? ''
      return line.includes(root) || line.includes('8642') ? [`${pid} ${line.replaceAll('\0', ' ')}`] : []
    })
}

function descriptorsInto(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.includes(folder) || target.startsWith('/dev/pt') ? [target] : []
    } catch {
      return []
    }
  })
}

const survivors = [
  'sleep 8642 & :',
  'setsid sleep 8642 & :',
  'setsid -f sleep 8642',
  'nohup sleep 8642 >/dev/null 2>&1 & disown',
  '(setsid nohup bash -c "while :; do sleep 8642; done" >/dev/null 2>&1 &)',
  'bash -c \'trap "" HUP INT TERM; sleep 8642\' & :',
  'env -i sleep 8642 & :',
  'exec 5<>/dev/tty; sleep 8642 <&5 & :',
]

test('closing leaves no process, no descriptor and no file of a running server behind, within 700 ms', async () => {
  const before = descriptorsInto('/shell-test-')
  const bench = await createWorkbench()
  for (const [number, command] of survivors.entries()) await bench.run(command, { session: `s${number % 3}` })
  await bench.run('sleep 8642', { background: true, session: 'behind' })
  await bench.run('sleep 8642 | cat', { yield_ms: 250, session: 'busy' })
  await bench.run('sleep 8642 & exit 3', { session: 'dead' })
  await bench.run('cat', { yield_ms: 250, tty: true, session: 'tty' })
  expect(processesOf(bench).length).toBeGreaterThan(survivors.length)

  const began = performance.now()
  await bench.close()
  expect(performance.now() - began).toBeLessThan(700)
  expect(processesOf(bench)).toEqual([])
  expect(readdirSync(join(bench.stateDir, 'runs'))).toEqual([])
  expect(readdirSync(join(bench.stateDir, 'snapshots')).filter((name) => name.includes('.'))).toEqual([])
  // node-pty closes its side of a terminal when it has noticed the exit.
  for (let waitedMs = 0; waitedMs < 1_000 && descriptorsInto('/shell-test-').length > before.length; waitedMs += 20) {
    await sleep(20)
  }
  expect(descriptorsInto('/shell-test-')).toEqual(before)
  await bench.remove()
})

test.for([0, 1, 5, 10, 20, 40])('closing %i ms into the first command leaves nothing behind', async (ms) => {
  const bench = await createWorkbench()
  const first = bench.run('sleep 8642', { yield_ms: 250 }).catch(() => {})
  await sleep(ms)
  await bench.close()
  await first
  expect(processesOf(bench)).toEqual([])
  expect(readdirSync(join(bench.stateDir, 'runs'))).toEqual([])
  await bench.remove()
})

test('files of a server that was killed are removed by the next one', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shell-test-')))
  const bench = await createWorkbench({ folder })
  try {
    await bench.run(':')
    const [mine = ''] = readdirSync(join(bench.stateDir, 'runs'))
    const pidMax = 4_194_304
    const dead = join(bench.stateDir, 'runs', mine.replace(`.${process.pid}.`, `.${pidMax + 1}.`))
    const other = join(bench.stateDir, 'runs', mine.replace(/^[^.]+/, 'another-host'))
    // As the first process of a container has the number of the one before.
    const before = join(bench.stateDir, 'runs', mine.replace(/\.\d+(\.[^.]+)$/, '.1$1'))
    for (const run of [dead, before, other]) mkdirSync(run)
    const next = await bench.again()
    expect([dead, before].map((run) => existsSync(run))).toEqual([false, false])
    expect(existsSync(other)).toBe(true)
    expect((await bench.run('echo still here')).output).toBe('still here')
    await next.close()
  } finally {
    await bench.remove()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('descriptors, processes and memory stay flat over many commands and many shells', async () => {
  const bench = await createWorkbench()
  try {
    const round = async (count: number): Promise<void> => {
      for (let number = 0; number < count; number++) await bench.run('echo x')
      for (let number = 0; number < count / 20; number++) await bench.run('exit 1')
      await bench.run(':')
    }
    await round(100)
    const fds = (): number => readdirSync('/proc/self/fd').length
    const [fdsBefore, heapBefore] = [fds(), process.memoryUsage().rss]
    await round(200)
    await sleep(300)
    expect(fds()).toBeLessThanOrEqual(fdsBefore + 8)
    expect(process.memoryUsage().rss - heapBefore).toBeLessThan(64 * 1024 * 1024)
    expect(processesOf(bench).length).toBe(1)
  } finally {
    await bench.remove()
  }
})

test('the least recently used idle session makes room, and its state comes back', async () => {
  const bench = await createWorkbench({ limits: { sessionsMax: 3 } })
  try {
    await bench.run('MINE=a', { session: 'a' })
    await bench.run('sleep 8642', { session: 'b', yield_ms: 250 })
    await bench.run('MINE=c', { session: 'c' })
    await bench.run('MINE=d', { session: 'd' })
    expect((await bench.run('echo $MINE', { session: 'c' })).facts.took_over).toBeUndefined()
    const back = await bench.run('echo $MINE', { session: 'a' })
    expect(back.output).toBe('a')
    expect(back.facts.took_over).toBe(true)
    await bench.run('sleep 8642 &', { session: 'a' })
    await bench.run('sleep 8642', { session: 'c', yield_ms: 250 })
    const full = await bench.run(':', { session: 'e' })
    expect(full.ok).toBe(false)
    expect(full.output).toContain('All 3 sessions are in use')
  } finally {
    await bench.remove()
  }
})

test('the terminals of other sessions are not open in a command', async () => {
  const bench = await createWorkbench()
  try {
    await bench.run(':', { session: 'first' })
    const answer = await bench.run('ls -l /proc/self/fd | grep -cE "ptmx|/dev/pts"; true', { session: 'second' })
    expect(answer.output).toBe('0')
  } finally {
    await bench.remove()
  }
})

test('a command sees neither secrets of the server nor anything but the allowed variables', async () => {
  process.env.DEEPSEEK_API_KEY = 'sk-not-for-commands'
  process.env.MY_TOKEN = 'not-for-commands'
  const bench = await createWorkbench()
  try {
    const answer = await bench.run('env; cat /proc/$$/environ | tr "\\0" "\\n"')
    expect(answer.output).not.toContain('not-for-commands')
    expect(answer.output).toMatch(/^TERM=dumb$/m)
    expect(answer.output).toMatch(/^PATH=/m)
  } finally {
    delete process.env.DEEPSEEK_API_KEY
    delete process.env.MY_TOKEN
    await bench.remove()
  }
})
