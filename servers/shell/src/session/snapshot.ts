import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '@auroracoder/kit/jail'

/** State of a session's shell on disk, where the next shell of that session finds it, also after a restart of the server. */
export interface Snapshot {
  makeFolder(): void
  /** Takes a file that a shell has written. A state that cannot be kept is missed only when the shell dies. */
  publish(draft: string): void
  /** Copies the state to `path`, where nobody else removes it. False when there is none that is recent. */
  claim(path: string, nowMs: number): boolean
  /** The next shell starts afresh. */
  forget(): void
}

export interface SnapshotOptions {
  stateDir: string
  /** Names the session: servers with other roots, and other conversations, have their own. */
  key: readonly string[]
  ageMsMax: number
}

/**
 * The state is published under two names in turn, so that nothing is there to be replaced: a file system that holds back
 * what it writes (ext4, auto_da_alloc) writes a file out at once when it takes the place of another, and the server waits.
 */
export function createSnapshot({ stateDir, key, ageMsMax }: SnapshotOptions): Snapshot {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)
  const folder = snapshotFolder(stateDir)
  let [free, taken] = [join(folder, `${name}-0`), join(folder, `${name}-1`)]
  return {
    makeFolder: () => void mkdirSync(folder, { recursive: true, mode: 0o700 }),
    publish(draft) {
      try {
        // Whatever umask the command has set.
        chmodSync(draft, 0o600)
        renameSync(draft, free)
        ;[free, taken] = [taken, free]
        removeIfThere(free)
      } catch {
        removeIfThere(draft)
      }
    },
    claim(path, nowMs) {
      for (let tries = 0; tries < claimTriesMax; tries++) {
        const newest = newestOf([free, taken], nowMs - ageMsMax)
        if (newest === undefined) return false
        if (copy(newest, path)) return true
      }
      return false
    },
    forget() {
      for (const path of [free, taken]) removeIfThere(path)
    },
  }
}

/** Another server on the same state may publish, and with it remove the one before, at any time. */
const claimTriesMax = 20

function copy(from: string, to: string): boolean {
  try {
    copyFileSync(from, to)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Two are there when the server was killed between naming one and removing the other. */
function newestOf(paths: readonly string[], sinceMs: number): string | undefined {
  let newest: string | undefined
  let newestMs = sinceMs
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false })
    // An empty one is what a power failure leaves of a file that had not been written out.
    if (stats === undefined || stats.size === 0 || stats.mtimeMs < newestMs) continue
    newest = path
    newestMs = stats.mtimeMs
  }
  return newest
}

/** Half the time of `rmSync`, which looks first what it is. */
function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Mostly there is none.
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
