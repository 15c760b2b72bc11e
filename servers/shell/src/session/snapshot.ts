import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** State of a session's shell on disk, where the next shell of that session finds it, also after a restart of the server. */
export interface Snapshot {
  /** Written by the shell, then published in one step. */
  readonly draft: string
  /** A state that cannot be kept (a full disk) is missed only when the shell dies. */
  publish(): void
  /** Path of the state to take over, if there is one and it is recent. */
  latest(nowMs: number): string | undefined
  /** The next shell starts afresh. */
  forget(): void
  discardDraft(): void
}

export interface SnapshotOptions {
  stateDir: string
  /** Names the session: servers with other roots, and other conversations, have their own. */
  key: readonly string[]
  /** Keeps the drafts of two servers apart. */
  run: string
  ageMsMax: number
}

export function createSnapshot({ stateDir, key, run, ageMsMax }: SnapshotOptions): Snapshot {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)
  const folder = snapshotFolder(stateDir)
  const path = join(folder, name)
  const draft = join(folder, `${name}.${run}`)
  return {
    draft,
    publish() {
      try {
        renameSync(draft, path)
      } catch {
        rmSync(draft, { force: true })
      }
    },
    latest(nowMs) {
      const stats = statSync(path, { throwIfNoEntry: false })
      return stats !== undefined && nowMs - stats.mtimeMs <= ageMsMax ? path : undefined
    },
    forget: () => rmSync(path, { force: true }),
    discardDraft: () => rmSync(draft, { force: true }),
  }
}

/** Removes what is too old to be taken over. */
export function pruneSnapshots(stateDir: string, { nowMs, ageMsMax }: { nowMs: number; ageMsMax: number }): void {
  const folder = snapshotFolder(stateDir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false })
    if (stats !== undefined && nowMs - stats.mtimeMs > ageMsMax) rmSync(join(folder, name), { force: true })
  }
}

function snapshotFolder(stateDir: string): string {
  return join(stateDir, 'snapshots')
}
