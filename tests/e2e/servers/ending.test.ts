import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { servers, serversWithSlowCall } from './servers.js'
import { createSpeaker, startStdioServer } from './stdio-server.js'

const exitMsMax = 1_000
/** The parent is looked for twice a second. */
const orphanMsMax = 2_000

describe.each(servers)('the $name server ends', ({ bin, quick }) => {
  it('within a second of the end of stdin', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    await server.request('tools/call', quick)
    const begin = performance.now()
    server.child.stdin.end()
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })

  it('when stdin is closed before anything was said', async () => {
    const server = await startStdioServer({ bin })
    server.child.stdin.end()
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.lines).toEqual([])
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('within a second of %s', async (signal, code) => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const begin = performance.now()
    server.child.kill(signal)
    expect(await server.exited).toEqual({ code, signal: null })
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })

  it('once, when signals and the end of stdin come together', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.child.kill('SIGTERM')
    server.child.kill('SIGINT')
    server.child.stdin.end()
    expect((await server.exited).signal).toBeNull()
  })

  it('when nobody reads its stdout any more', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.child.stdout.destroy()
    const begin = performance.now()
    server.send({ id: 99, method: 'tools/list' })
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })

  it('when its parent is killed, although its stdin stays open', async () => {
    const { parent, stdout, initialize } = await startBelowParent(bin)
    await initialize()
    const begin = performance.now()
    // The server shares the parent's stdout: it closes when both are gone.
    const bothGone = once(stdout, 'close')
    parent.kill('SIGKILL')
    await bothGone
    expect(performance.now() - begin).toBeLessThan(orphanMsMax)
  })
})

describe.each(serversWithSlowCall)('the $name server, in the middle of a call, ends', ({ bin, slow }) => {
  it('within a second of the end of stdin', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.startCall(slow)
    // Requests are read in order, so the call has begun when this is answered.
    await server.request('ping')
    const begin = performance.now()
    server.child.stdin.end()
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })

  it('within a second of SIGTERM', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.startCall(slow)
    await server.request('ping')
    const begin = performance.now()
    server.child.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 143, signal: null })
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })
})

// The bound leaves 200 ms for everything but the wait, which a busy machine may take once.
describe('a server whose tools do not let go', { retry: 2 }, () => {
  it.each([
    ['SIGTERM', { code: 143, signal: null }],
    ['SIGINT', { code: 130, signal: null }],
    ['the end of stdin', { code: 0, signal: null }],
  ] as const)('ends within a second of %s all the same', async (cause, ended) => {
    const [echo] = servers
    if (!echo) throw new Error('The fixture is gone.')
    const server = await startStdioServer({ bin: echo.bin, args: ['--never-close'] })
    await server.initialize()
    const begin = performance.now()
    if (cause === 'the end of stdin') server.child.stdin.end()
    else server.child.kill(cause)
    expect(await server.exited).toEqual(ended)
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
  })
})

const parentProgram = `
  const { spawn } = require('node:child_process')
  spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })
`

/** Starts a server as the child of a process that hands its own streams on. */
async function startBelowParent(bin: string) {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-parent-'))
  // A FIFO that we hold open as well: a pipe of `spawn` would be closed with the parent.
  const fifo = join(folder, 'stdin')
  await promisify(execFile)('mkfifo', [fifo])
  const input = await open(fifo, constants.O_RDWR)
  const args = ['-e', parentProgram, bin, '--root', folder, '--state', join(folder, 'state')]
  const parent = spawn(process.execPath, args, { stdio: [input.fd, 'pipe', 'pipe'], detached: true })
  onTestFinished(async () => {
    if (parent.pid !== undefined) killGroup(parent.pid)
    await input.close()
    await rm(folder, { recursive: true })
  })
  const { stdout, stderr } = parent
  if (!stdout || !stderr) throw new Error('The parent has no output.')
  return { parent, stdout, ...createSpeaker({ stdin: input.createWriteStream({ autoClose: false }), stdout, stderr }) }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nobody of the group is left, as it should be.
  }
}

it('the files server ends within a second when a search has started a second thread', async () => {
  const files = servers.find(({ name }) => name === 'files')
  if (!files) throw new Error('There is no files server.')
  const server = await startStdioServer(files)
  for (let at = 0; at < 3_000; at += 1) await mkdir(join(server.folder, `d${at}`))
  await server.initialize()
  // The first one reads; only the second looks for changes, which is what the thread is for.
  for (let round = 0; round < 2; round += 1) {
    await server.request('tools/call', { name: 'search_files', arguments: { query: 'd' } })
  }
  const begin = performance.now()
  server.child.stdin.end()
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(performance.now() - begin).toBeLessThan(exitMsMax)
})
