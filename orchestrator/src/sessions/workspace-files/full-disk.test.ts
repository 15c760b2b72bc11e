import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSnapshotKeeper } from '../snapshots/keeper.js'
import { createWorkspaceFiles } from './workspace-files.js'

/** A disk of 4 MB, when this user may mount one. */
const disk = mountSmallDisk()
const elsewhere = mkdtempSync(join(tmpdir(), 'aurora-roomy-'))
afterAll(() => {
  rmSync(elsewhere, { recursive: true })
  if (disk === undefined) return
  execFileSync('umount', ['--lazy', disk])
  rmSync(disk, { recursive: true })
})

const large = randomBytes(5_000_000)

test.skipIf(disk === undefined)(
  'an upload that fills the disk leaves the workspace as it was (needs mount)',
  async () => {
    const workspace = join(disk ?? '', 'workspace')
    mkdirSync(workspace)
    writeFileSync(join(workspace, 'kept'), 'kept')
    const snapshots = createSnapshotKeeper({ root: elsewhere, env: process.env })
    const files = createWorkspaceFiles({ sessions: { get: async (id) => ({ id, workspace }) }, snapshots })
    const upload = async function* () {
      yield { path: 'kept', content: pieces(Buffer.from('new')) }
      yield { path: 'large', content: pieces(large) }
    }
    await expect(files.upload('s', { folder: '', files: upload(), extract: false })).rejects.toMatchObject({
      code: 'disk_full',
    })
    expect(readdirSync(workspace)).toEqual(['kept'])
    expect(readFileSync(join(workspace, 'kept'), 'utf8')).toBe('kept')
  },
)

test.skipIf(disk === undefined)(
  'a snapshot on a full disk is told as such, and works when there is room (needs mount)',
  async () => {
    const workspace = join(elsewhere, 'workspace')
    mkdirSync(workspace)
    writeFileSync(join(workspace, 'large'), large)
    const snapshots = createSnapshotKeeper({ root: join(disk ?? '', 'snapshots'), env: process.env })
    const session = { id: 'ses_1', workspace }
    await expect(snapshots.take(session, 1)).rejects.toMatchObject({ code: 'disk_full' })
    writeFileSync(join(workspace, 'large'), 'small')
    await snapshots.take(session, 2)
    expect(await snapshots.labels(session)).toEqual([2])
  },
)

async function* pieces(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536)
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
