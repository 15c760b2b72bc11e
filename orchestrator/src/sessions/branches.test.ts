import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createStage, event, finished, notice, wordsAgent } from './agent.fixture.js'
import { createFolder, type Folder, type Service, say, untilEnd } from './service.fixture.js'
import type { TurnSnapshots } from './turn-snapshots.js'

let folder: Folder
beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.dispose())

const scratch = { workspace: null, sandbox: 'auto' as const }

/** Keeps one file of each workspace. */
function oneFileSnapshots(): TurnSnapshots & { taken: number[]; fail: boolean } {
  const kept = new Map<string, Map<number, string>>()
  const fileOf = (workspace: string) => join(workspace, 'file')
  const snapshots = {
    taken: [] as number[],
    fail: false,
    async take({ id, workspace }: { id: string; workspace: string }, seq: number) {
      if (snapshots.fail) throw new Error('no git here')
      snapshots.taken.push(seq)
      const text = await readFile(fileOf(workspace), 'utf8').catch(() => '')
      kept.set(id, (kept.get(id) ?? new Map()).set(seq, text))
    },
    labels: async ({ id }: { id: string }) => [...(kept.get(id)?.keys() ?? [])].sort((a, b) => a - b),
    async restore({ id, workspace }: { id: string; workspace: string }, seq: number) {
      if (snapshots.fail) throw new Error('no git here')
      await writeFile(fileOf(workspace), kept.get(id)?.get(seq) ?? '')
      return { restored: 1, removed: 0, left: [{ path: 'big', why: 'too large' }] }
    },
    async copyTo({ id }: { id: string }, seq: number, directory: string) {
      await writeFile(fileOf(directory), kept.get(id)?.get(seq) ?? '')
    },
    async remove(id: string) {
      kept.delete(id)
    },
  }
  return snapshots
}

/** A session with as many turns as words; after each, the file of its workspace holds the word. */
async function turns({ sessions }: Service, ...words: string[]) {
  const { id, workspace } = await sessions.create(scratch)
  const ends: number[] = []
  for (const word of words) {
    const { after } = await sessions.startRun(id, say(word))
    await writeFile(join(workspace, 'file'), word)
    await untilEnd(sessions, id, after)
    const history = await sessions.history(id)
    ends.push(history.findLast(({ type }) => type === 'run.finished')?.seq ?? 0)
    // What follows the end of a run has its turn before this.
    await sessions.change(id, { title: word })
  }
  return { id, workspace, ends }
}

const inputs = async ({ sessions }: Service, id: string) =>
  (await sessions.history(id)).flatMap((each) =>
    each.type === 'input.admitted' ? [JSON.stringify(each.data.content)] : [],
  )

test('a revert takes back the conversation and the files, keeps what was there, and says what it left', async () => {
  const snapshots = oneFileSnapshots()
  const service = await folder.serve({ agent: wordsAgent, snapshots })
  const { id, workspace, ends } = await turns(service, 'one', 'two')
  await writeFile(join(workspace, 'file'), 'edited by hand')
  const before = (await service.sessions.history(id)).length
  await service.sessions.revert(id, ends[0] ?? 0)
  expect(await readFile(join(workspace, 'file'), 'utf8')).toBe('one')
  expect(snapshots.taken).toContain(before)
  expect((await service.sessions.history(id)).slice(-2)).toMatchObject([
    { type: 'session.reverted', data: { seq: ends[0], run: { status: 'completed' } } },
    { type: 'session.restored', data: { restored: 1, left: [{ path: 'big', why: 'too large' }] } },
  ])
})

test('after a revert the session goes on from there', async () => {
  const stage = createStage()
  const first = await folder.serve({ agent: wordsAgent, snapshots: oneFileSnapshots() })
  const { id, ends } = await turns(first, 'one', 'two')
  await first.sessions.revert(id, ends[0] ?? 0)
  await first.stop()
  const { sessions } = await folder.serve({ agent: stage.agent })
  expect((await sessions.get(id)).run?.status).toBe('completed')
  await sessions.startRun(id, say('three'))
  expect((await stage.task()).log.events.at(-1)?.type).toBe('run.started')
})

test.each([
  ['in the middle of a run', (ends: number[]) => (ends[1] ?? 0) - 1, 'not_a_boundary'],
  ['before the log', () => 0, 'bad_cursor'],
  ['after the log', () => 10_000, 'bad_cursor'],
])('a revert and a fork to a seq %s are refused, and nothing happens', async (_, seqOf, code) => {
  const service = await folder.serve({ agent: wordsAgent, snapshots: oneFileSnapshots() })
  const { id, ends } = await turns(service, 'one', 'two')
  const before = await service.sessions.history(id)
  await expect(service.sessions.revert(id, seqOf(ends))).rejects.toMatchObject({ code })
  await expect(service.sessions.fork(id, { seq: seqOf(ends) })).rejects.toMatchObject({ code })
  expect(await service.sessions.history(id)).toEqual(before)
})

test('a refused seq names the nearest that would do', async () => {
  const service = await folder.serve({ agent: wordsAgent })
  const { id, ends } = await turns(service, 'one', 'two')
  const refused = await service.sessions.revert(id, (ends[1] ?? 0) - 1).catch((error: unknown) => error)
  expect(refused).toMatchObject({ details: { nearest: expect.arrayContaining([ends[1]]) } })
})

test('what was reverted away is no place to go back to', async () => {
  const service = await folder.serve({ agent: wordsAgent, snapshots: oneFileSnapshots() })
  const { id, ends } = await turns(service, 'one', 'two')
  await service.sessions.revert(id, ends[0] ?? 0)
  await expect(service.sessions.revert(id, ends[1] ?? 0)).rejects.toMatchObject({ code: 'not_a_boundary' })
})

test('a revert waits for no run: it is refused while one is active', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  await stage.task()
  await expect(sessions.revert(id, 1)).rejects.toMatchObject({ code: 'run_active' })
})

test('a revert whose files cannot be put back says why in the log, and a process that died in it does it again', async () => {
  const snapshots = oneFileSnapshots()
  const service = await folder.serve({ agent: wordsAgent, snapshots })
  const { id, workspace, ends } = await turns(service, 'one', 'two')
  const restore = snapshots.restore
  let release = () => {}
  snapshots.restore = () =>
    new Promise((_, reject) => {
      release = () => reject(new Error('late'))
    })
  const hanging = service.sessions.revert(id, ends[0] ?? 0).catch(() => {})
  while ((await service.sessions.history(id)).at(-1)?.type !== 'session.reverted') {
    await new Promise((resolve) => setImmediate(resolve))
  }
  snapshots.restore = restore
  const next = await folder.serve({ agent: wordsAgent, snapshots })
  await next.sessions.recover({ resume: false })
  expect(await readFile(join(workspace, 'file'), 'utf8')).toBe('one')
  expect((await next.sessions.history(id)).at(-1)?.type).toBe('session.restored')
  snapshots.restore = async () => {
    throw new Error('no git here')
  }
  await next.sessions.revert(id, 1)
  expect((await next.sessions.history(id)).at(-1)).toMatchObject({
    type: 'session.restored',
    data: { problem: 'no git here' },
  })
  release()
  await hanging
})

test('a workspace that cannot be kept is told in the log once, and the runs go on', async () => {
  const snapshots = oneFileSnapshots()
  snapshots.fail = true
  const service = await folder.serve({ agent: wordsAgent, snapshots })
  const { id } = await turns(service, 'one', 'two')
  const history = await service.sessions.history(id)
  const notices = history.filter((each) => each.type === 'notice')
  expect(notices).toMatchObject([{ data: { code: 'workspace_not_kept' } }])
  expect(history.some(({ type }) => type === 'run.finished')).toBe(true)
})

test('a fork shares the conversation up to its seq and nothing after, and the origin names it', async () => {
  const service = await folder.serve({ agent: wordsAgent, snapshots: oneFileSnapshots() })
  const { id, ends } = await turns(service, 'one', 'two')
  const seq = ends[0] ?? 0
  const fork = await service.sessions.fork(id, { seq, title: 'Another way' })
  expect(fork).toMatchObject({ title: 'Another way', parent: { sessionId: id, seq }, run: { status: 'completed' } })
  const [original, copy] = [await service.sessions.history(id), await service.sessions.history(fork.id)]
  expect(copy).toHaveLength(seq)
  expect(copy.map(({ sessionId, ...rest }) => rest).slice(1)).toEqual(
    original.slice(1, seq).map(({ sessionId, ...rest }) => rest),
  )
  expect(original.at(-1)).toMatchObject({ type: 'session.forked', data: { sessionId: fork.id, seq } })
  await service.sessions.startRun(fork.id, say('three'))
  await untilEnd(service.sessions, fork.id, seq)
  expect(await inputs(service, id)).toHaveLength(2)
  expect(await inputs(service, fork.id)).toHaveLength(2)
})

test('a fork of a scratch session gets a folder of its own, with the files as they were', async () => {
  const service = await folder.serve({ agent: wordsAgent, snapshots: oneFileSnapshots() })
  const { id, workspace, ends } = await turns(service, 'one', 'two')
  const fork = await service.sessions.fork(id, { seq: ends[0] ?? 0 })
  expect(fork.workspace).not.toBe(workspace)
  expect(await readFile(join(fork.workspace, 'file'), 'utf8')).toBe('one')
  await service.sessions.remove(id)
  expect(await readFile(join(fork.workspace, 'file'), 'utf8')).toBe('one')
})

test('a fork works in the directory of its origin unless another is given', async () => {
  const project = join(folder.path, 'project')
  await mkdir(project)
  const service = await folder.serve({ agent: wordsAgent })
  const { id } = await service.sessions.create({ workspace: project, sandbox: 'auto' })
  expect((await service.sessions.fork(id, { seq: 1 })).workspace).toBe((await service.sessions.get(id)).workspace)
  await expect(service.sessions.fork(id, { seq: 1, workspace: '/no/such/place' })).rejects.toMatchObject({
    code: 'bad_workspace',
  })
  await rm(project, { recursive: true })
})

test('a long log is forked whole', { timeout: 60_000 }, async () => {
  const stage = createStage()
  const service = await folder.serve({ agent: stage.agent })
  const { id } = await service.sessions.create(scratch)
  await service.sessions.startRun(id, say('go'))
  for (let count = 0; count < 2_500; count += 1) await stage.yield(notice(`${count}`))
  void stage.yield(finished())
  await untilEnd(service.sessions, id)
  const history = await service.sessions.history(id)
  const fork = await service.sessions.fork(id, { seq: history.at(-1)?.seq ?? 0 })
  expect(await service.sessions.history(fork.id)).toHaveLength(history.length)
})

test('a run that goes on in a new session opens it once, and it begins when the run has ended', async () => {
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent })
  const { id, workspace } = await sessions.create(scratch)
  await sessions.startRun(id, say('go'))
  const task = await stage.task()
  const next = { key: 'run/step/call', content: [{ type: 'text' as const, text: 'Go on.' }] }
  const opened = await task.openNext(next)
  expect(await task.openNext(next)).toEqual(opened)
  await stage.yield(event({ type: 'continued', data: { callId: 'c', ...opened } }))
  const usage = { input: 0, output: 0, reasoning: 0, cacheHit: 0, cacheMiss: 0 }
  void stage.yield(event({ type: 'run.finished', data: { status: 'continued', usage, cost: 0 } }))
  const going = await stage.task()
  expect(going).toMatchObject({ sessionId: opened.sessionId, runId: opened.runId, workspace })
  expect(await sessions.get(opened.sessionId)).toMatchObject({ parent: { sessionId: id }, scratch: true })
  void stage.yield(finished())
  await untilEnd(sessions, opened.sessionId)
  // The folder belongs to both.
  await writeFile(join(workspace, 'file'), 'kept')
  await sessions.remove(id)
  expect(await readFile(join(workspace, 'file'), 'utf8')).toBe('kept')
})

test('turns that change nothing keep nothing, and a revert past them leaves the files as they are', async () => {
  const snapshots = oneFileSnapshots()
  const stage = createStage()
  const { sessions } = await folder.serve({ agent: stage.agent, snapshots })
  const { id, workspace } = await sessions.create(scratch)
  await sessions.startRun(id, say('only talk'))
  void stage.yield(finished())
  const end = (await untilEnd(sessions, id)).findLast((each) => 'seq' in each && each.type === 'run.finished')
  await writeFile(join(workspace, 'file'), 'edited by hand')
  await sessions.change(id, { title: 'later' })
  expect(snapshots.taken).toEqual([])
  await sessions.revert(id, 1)
  expect(await readFile(join(workspace, 'file'), 'utf8')).toBe('edited by hand')
  expect(end?.type).toBe('run.finished')
})

test('a revert to a turn of talk brings back what was there before a later turn changed it', async () => {
  const snapshots = oneFileSnapshots()
  const stage = createStage()
  const first = await folder.serve({ agent: stage.agent, snapshots })
  const { id, workspace } = await first.sessions.create(scratch)
  await writeFile(join(workspace, 'file'), 'mine')
  const { after } = await first.sessions.startRun(id, say('only talk'))
  void stage.yield(finished())
  await untilEnd(first.sessions, id, after)
  await first.stop()
  const { sessions } = await folder.serve({ agent: wordsAgent, snapshots })
  const talked = (await sessions.history(id)).at(-1)?.seq ?? 0
  await sessions.startRun(id, say('change it'))
  await untilEnd(sessions, id, talked)
  await writeFile(join(workspace, 'file'), 'changed')
  await sessions.change(id, { title: 'later' })
  await sessions.revert(id, talked)
  expect(await readFile(join(workspace, 'file'), 'utf8')).toBe('mine')
})
