import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isDeep } from '../../deep.js'
import { type ShellServer, startShellServer } from './shell-server.js'

const commands = isDeep ? 1_000 : 100
const sessions = isDeep ? 200 : 20
const commandsKept = 64
/** What a session may hold while it lives, whatever has been run in it. */
const slackFds = 8
const growthKibMax = 64 * 1024
const settleMsMax = 5_000

interface Held {
  fds: number
  /** Descendants of the server. */
  processes: number
  /** FIFOs and files of the run. */
  files: number
  residentKib: number
}

it(`holds no more after ${commands} commands than after the first ones`, { timeout: 600_000 }, async () => {
  const shell = await startShellServer()
  await work(shell, 50)
  const before = held(shell)
  await work(shell, commands)
  const after = await settled(shell, (now) => now.fds <= before.fds + slackFds && now.processes <= before.processes)
  expect(after.processes).toBe(before.processes)
  expect(after.fds).toBeLessThanOrEqual(before.fds + slackFds)
  expect(after.residentKib - before.residentKib).toBeLessThan(growthKibMax)
})

it(`holds nothing of ${sessions} sessions that were opened and ended`, { timeout: 600_000 }, async () => {
  const shell = await startShellServer()
  // The output of the last commands stays readable, whatever became of their sessions.
  for (let number = 0; number < commandsKept; number += 1) await shell.run('echo x')
  await endedSession(shell, 'main')
  const before = await settled(shell, ({ processes }) => processes === 0)
  for (let number = 0; number < sessions; number += 1) await endedSession(shell, `s${number}`)
  const after = await settled(shell, (now) => now.fds <= before.fds && now.processes === 0)
  expect(after.processes).toBe(0)
  expect(after.fds).toBeLessThanOrEqual(before.fds)
  expect(after.files).toBeLessThanOrEqual(before.files + sessions)
  expect(after.residentKib - before.residentKib).toBeLessThan(growthKibMax)

  shell.child.stdin.end()
  await shell.exited
  expect(readdirSync(join(shell.folder, 'state', 'runs'))).toEqual([])
})

/** Of every kind: short, failing, with jobs and pipes, on a terminal, one that ends its shell. */
async function work(shell: ShellServer, count: number): Promise<void> {
  const kinds: [command: string, args?: object][] = [
    ['echo x'],
    ['false'],
    ['seq 1000 | tail -1'],
    ['sleep 0.01 &'],
    ['[[ -t 1 ]]', { tty: true }],
    ['echo "$RANDOM" >/dev/null; x=$(echo y)'],
  ]
  for (let number = 0; number < count; number += 1) {
    const [command, args] = number % 100 === 99 ? ['exit 1'] : (kinds[number % kinds.length] ?? ['true'])
    expect((await shell.run(command, args)).ok).toBe(true)
  }
  await shell.run(':')
}

async function endedSession(shell: ShellServer, session: string): Promise<void> {
  await shell.run('sleep 6431 & export MINE=1; cd /tmp', { session })
  await shell.run('setsid -f sleep 6431; nohup sleep 6431 >/dev/null 2>&1 & disown', { session })
  expect((await shell.call('reset_terminal', { session, keep_state: false })).ok).toBe(true)
}

async function settled(shell: ShellServer, isSettled: (held: Held) => boolean): Promise<Held> {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const now = held(shell)
    if (isSettled(now) || waitedMs >= settleMsMax) return now
    // Neither the end of a foreign process nor the closing of a descriptor is an event here.
    await sleep(50)
  }
}

function held({ child, folder }: ShellServer): Held {
  const pid = child.pid ?? 0
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    fds: readdirSync(`/proc/${pid}/fd`).length,
    processes: processesWith(folder, pid),
    files: readdirSync(join(folder, 'state', 'runs'), { recursive: true }).length,
    residentKib: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]),
  }
}

/** All that have the folder in their environment, wherever they hang in the tree, but the server. */
function processesWith(folder: string, server: number): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === server || Number(name) === process.pid) return false
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(folder)
    } catch {
      return false
    }
  }).length
}
