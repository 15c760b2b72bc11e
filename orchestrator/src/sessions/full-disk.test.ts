import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createStage, finished, notice, wordsAgent } from './agent.fixture.js'
import { createFolder, say, untilEnd } from './service.fixture.js'

/** A disk of 4 MB, when this user may mount one. */
const disk = mountSmallDisk()
afterAll(() => {
  if (disk === undefined) return
  // Lazily: the driver lets go of a closed file only when its objects are collected.
  execFileSync('umount', ['--lazy', disk])
  rmSync(disk, { recursive: true })
})

test.skipIf(disk === undefined)(
  'a full disk stops the run and the streams of it, is told as such, costs nothing, and the run goes on by itself (needs mount)',
  async () => {
    const folder = await createFolder(disk)
    const stage = createStage()
    const before = await folder.serve({ agent: stage.agent })
    const { id } = await before.sessions.create({ workspace: null, sandbox: 'auto' })
    await before.sessions.startRun(id, say('go'))
    await stage.yield(notice('before'))
    const filler = join(folder.path, 'filler')
    const { bavail, bsize } = await statfs(folder.path)
    await writeFile(filler, Buffer.alloc(bavail * bsize))

    const following = await before.sessions.follow(id, { after: 0, signal: new AbortController().signal })
    void stage.yield(notice('x'.repeat(100_000)))
    for await (const _ of following);
    await untilStatus(before.sessions, id, 'interrupted')
    await expect(before.sessions.startRun(id, say('again'))).rejects.toMatchObject({ code: 'storage_failed' })
    await expect(before.sessions.create({ workspace: null, sandbox: 'auto' })).rejects.toThrow()
    expect((await before.sessions.history(id)).map(({ type }) => type).slice(-2)).toEqual(['run.started', 'notice'])

    await expect(before.sessions.check()).rejects.toMatchObject({ code: 'storage_failed' })

    await rm(filler)
    await untilStatus(before.sessions, id, 'running')
    expect((await before.sessions.history(id)).at(-1)).toMatchObject({ data: { code: 'run_resumed' } })
    void stage.yield(finished())
    await untilEnd(before.sessions, id)
    await before.stop()
    const { sessions } = await folder.serve({ agent: wordsAgent })
    const log = await sessions.history(id)
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
    expect(log.at(-1)).toMatchObject({ type: 'run.finished' })
    await folder.dispose()
  },
)

async function untilStatus(
  sessions: { get(id: string): Promise<{ run?: { status: string } }> },
  id: string,
  status: string,
) {
  while ((await sessions.get(id)).run?.status !== status) await new Promise((resolve) => setTimeout(resolve, 5))
}

function mountSmallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'aurora-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', path], { stdio: 'ignore' })
    return path
  } catch {
    rmSync(path, { recursive: true })
    return undefined
  }
}
