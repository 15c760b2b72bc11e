import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { type StdioServer, startStdioServer } from '../servers/stdio-server.js'
import { shellBin as bin, type ShellAnswer, startShellServer } from './shell-server.js'

const waitMsMax = 3_000

const work = [
  'sleep 7531 & :',
  'setsid -f sleep 7531',
  'nohup sleep 7531 >/dev/null 2>&1 & disown',
  "(trap '' HUP INT TERM; exec sleep 7531) & :",
]

it('leaves no process behind when its client goes in the middle of a command', async () => {
  const server = await startBusyServer()
  expect(processesIn(server).length).toBeGreaterThan(work.length)
  server.child.stdin.end()
  expect((await server.exited).code).toBe(0)
  expect(processesIn(server)).toEqual([])
  expect(readdirSync(join(server.folder, 'state', 'runs'))).toEqual([])
})

it('leaves no process behind on SIGTERM', async () => {
  const server = await startBusyServer()
  server.child.kill('SIGTERM')
  await server.exited
  expect(processesIn(server)).toEqual([])
})

it('when it is killed, loses what runs in the foreground, and the next server ends what outlived them', async () => {
  const server = await startBusyServer()
  server.child.kill('SIGKILL')
  await server.exited
  await until(() => processesIn(server).every((line) => !line.includes('sleep 7532')))
  const next = await startStdioServer({ bin, args: ['--state', join(server.folder, 'state')] })
  await next.initialize()
  await until(() => processesIn(server).length === 0)
  next.child.stdin.end()
  await next.exited
})

it('neither server nor client feels what cancels a command while its shell starts', { timeout: 60_000 }, async () => {
  const server = await startShellServer()
  const sessions = Array.from({ length: 8 }, (_, number) => `s${number}`)
  for (let round = 0; round < 4; round++) {
    for (const session of sessions) {
      const id = server.startCall({ name: 'run_terminal_command', arguments: { command: 'sleep 60', session } })
      await sleep(Math.random() * 60)
      server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
    }
    for (const session of sessions) await server.call('reset_terminal', { session })
  }
  expect((await server.run('echo alive')).text).toContain('alive')
})

/** With work in the background of one session, and a command in the foreground of another. */
async function startBusyServer(): Promise<StdioServer> {
  const server = await startShellServer()
  onTestFinished(() => {
    for (const line of processesIn(server)) process.kill(Number(line.split(' ')[0]), 'SIGKILL')
  })
  const started: ShellAnswer[] = []
  for (const command of work) started.push(await server.run(command))
  started.push(
    await server.run('sleep 7531', { background: true }),
    await server.run('sleep 7532', { session: 'busy', yield_ms: 250 }),
  )
  expect(started.filter(({ ok }) => !ok)).toEqual([])
  return server
}

/** Found by the folder of the test, which is in the environment or the command line of all of them; but the servers. */
function processesIn({ folder }: StdioServer): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      const line = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
      const belongs = line.includes(folder) || read(`/proc/${pid}/environ`).includes(folder)
      return belongs && line !== '' && !line.includes(bin) ? [`${pid} ${line}`] : []
    })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** The processes are nobody's children here: their end is no event. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < waitMsMax && !isTrue(); waitedMs += 20) await sleep(20)
  expect(isTrue()).toBe(true)
}
