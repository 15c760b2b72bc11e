import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { finished, wordsAgent } from './agent.fixture.js'
import { type Child, startChild } from './child.fixture.js'
import { lockInstance } from './instance-lock.js'
import { leaseTtlMs } from './open-sessions.js'
import { createFolder, type Folder, isStored, say, untilEnd } from './service.fixture.js'

const chatter = new URL('./chatter.fixture.ts', import.meta.url)

let folder: Folder
const children: Child[] = []
beforeEach(async () => {
  folder = await createFolder()
})
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  await folder.dispose()
})

async function startChatter(owner: string): Promise<{ child: Child; id: string }> {
  const child = startChild(chatter, [folder.path, owner])
  children.push(child)
  const line = await child.line(/^session /)
  return { child, id: line.slice('session '.length) }
}

/** A process that is stopped in mid-write keeps the whole file locked, which is another matter than its lease. */
async function suspendBetweenWrites(child: Child): Promise<void> {
  const probe = createClient({ url: pathToFileURL(join(folder.path, 'events.db')).href, timeout: 50 })
  try {
    for (;;) {
      child.process.kill('SIGSTOP')
      await hasStopped(child)
      const isFree = await probe.transaction('write').then(
        (transaction) => {
          transaction.close()
          return true
        },
        () => false,
      )
      if (isFree) return
      child.process.kill('SIGCONT')
    }
  } finally {
    probe.close()
  }
}

/** The signal is on its way when it has been sent; until it is there, a thread may begin another write. */
async function hasStopped({ process: { pid } }: Child): Promise<void> {
  if (process.platform !== 'linux') return
  const tasks = `/proc/${pid}/task`
  const isRunning = async (task: string) => !/\) T /.test(await readFile(join(tasks, task, 'stat'), 'utf8'))
  for (const task of await readdir(tasks)) while (await isRunning(task)) await nextTurn()
}

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

test('a process killed in mid-append loses nothing acknowledged, and its run is resumed to its end at once', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { child, id } = await startChatter('one')
    const target = 50 + Math.floor(Math.random() * 150)
    await child.line(new RegExp(`^ack ${target}$`))
    await child.kill()

    const { sessions, stop } = await folder.serve({ agent: wordsAgent, owner: 'one' })
    const log = await sessions.history(id)
    expect(log.map(({ seq }) => seq)).toEqual(upTo(log.length))
    const said = log.filter(({ type }) => type === 'notice').map(({ data }) => 'message' in data && data.message)
    expect(said.length).toBeGreaterThan(target)
    for (const [index, message] of said.entries())
      expect(message).toMatch(new RegExp(`^one ${index} x{${index % 5_000}}$`))

    await sessions.recover({ resume: true })
    const seen = (await untilEnd(sessions, id)).filter(isStored)
    expect(seen.map(({ seq }) => seq)).toEqual(upTo(seen.length))
    expect(seen[log.length]).toMatchObject({ type: 'notice', data: { code: 'run_resumed' }, runId: log[2]?.runId })
    expect(seen.at(-1)).toMatchObject({ type: 'run.finished', runId: log[2]?.runId })
    await stop()
  }
})

test('a session is written by one process at a time, read by all, and taken over when its holder died', async () => {
  const { child, id } = await startChatter('one')
  let late = 0
  const { sessions } = await folder.serve({ agent: wordsAgent, owner: 'two', now: () => Date.now() + late })
  await child.line(/^ack 10$/)
  expect((await sessions.get(id)).run?.status).toBe('running')
  const elsewhere = { code: 'session_elsewhere', details: { owner: 'one' } }
  await expect(sessions.startRun(id, say('mine'))).rejects.toMatchObject(elsewhere)
  await expect(sessions.change(id, { title: 'mine' })).rejects.toMatchObject(elsewhere)
  await expect(sessions.cancelRun(id)).rejects.toMatchObject(elsewhere)
  await sessions.recover({ resume: true })
  expect((await sessions.history(id)).some(({ type, data }) => type === 'notice' && data.code === 'run_resumed')).toBe(
    false,
  )

  await child.kill()
  await expect(sessions.startRun(id, say('mine'))).rejects.toMatchObject(elsewhere)
  late = leaseTtlMs + 1_000
  expect((await sessions.get(id)).run?.status).toBe('interrupted')
  await sessions.recover({ resume: true })
  const seen = (await untilEnd(sessions, id)).filter(isStored)
  expect(seen.map(({ seq }) => seq)).toEqual(upTo(seen.length))
  expect(seen.at(-1)?.type).toBe('run.finished')
})

test('a follower in another process sees the events as they are written', async () => {
  const { child, id } = await startChatter('one')
  const { sessions } = await folder.serve({ agent: wordsAgent, owner: 'two' })
  const abort = new AbortController()
  const seqs: number[] = []
  await child.line(/^ack 10$/)
  const start = (await sessions.history(id)).length
  for await (const batch of await sessions.follow(id, { after: 0, signal: abort.signal })) {
    seqs.push(...batch.filter(isStored).map(({ seq }) => seq))
    if (seqs.length > start + 200) break
  }
  expect(seqs).toEqual(upTo(seqs.length))
})

test('a process that was suspended past its lease cannot write after its successor', async () => {
  const { child, id } = await startChatter('one')
  await child.line(/^ack 10$/)
  await suspendBetweenWrites(child)
  const { sessions } = await folder.serve({
    agent: async function* () {
      yield finished()
    },
    owner: 'two',
    now: () => Date.now() + leaseTtlMs + 1_000,
  })
  await sessions.recover({ resume: true })
  const before = (await untilEnd(sessions, id)).filter(isStored)
  expect(before.at(-1)?.type).toBe('run.finished')
  child.process.kill('SIGCONT')
  await child.line(/^over /)
  expect(await sessions.history(id)).toEqual(before)
})

test('one process at a time goes by a name, and a killed one leaves the name free', async () => {
  const { child } = await startChatter('one')
  const claim = () => lockInstance({ dataDir: folder.path, name: 'one' })
  await expect(claim()).rejects.toMatchObject({ code: 'instance_in_use' })
  const other = await lockInstance({ dataDir: folder.path, name: 'two' })
  await child.kill()
  const mine = await claim()
  await expect(claim()).rejects.toMatchObject({ code: 'instance_in_use' })
  mine.release()
  const again = await claim()
  again.release()
  other.release()
})

test.each(['', '../x', 'a b', 'x'.repeat(65)])('%j is no name for an instance', async (name) => {
  await expect(lockInstance({ dataDir: folder.path, name })).rejects.toThrow('Expected an instance name')
})
