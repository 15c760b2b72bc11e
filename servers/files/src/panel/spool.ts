import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@auroracoder/kit'
import { hashOf, type TextDocument } from '../text/document.js'

/**
 * The texts that clients' panels show, by hash, so that a server that starts anew can tell what has changed. A cache:
 * whatever is missing costs a fresh view.
 */
export interface Spool {
  /** Written in the background. */
  keep(document: Pick<TextDocument, 'hash' | 'bytes'>): void
  /** Only what really has that hash. */
  get(hash: string): Promise<Buffer | undefined>
  /** Settles when what was given has been written. */
  settled(): Promise<void>
}

export interface SpoolOptions {
  readonly stateDir: string
  readonly bytesMax?: number
  readonly log: Log
}

const spoolBytesMax = 256_000_000
/** After a sweep so much is left: sweeping is not for every file. */
const sweptShare = 0.8
/** One file must not push out all others. */
const fileShareMax = 0.25
const partAgeMsMax = 60 * 60_000

export function createSpool({ stateDir, bytesMax = spoolBytesMax, log }: SpoolOptions): Spool {
  const folder = join(stateDir, 'spool')
  const kept = new Set<string>()
  let bytes: number | undefined
  let work = Promise.resolve()

  const write = async ({ hash, bytes: content }: Pick<TextDocument, 'hash' | 'bytes'>): Promise<void> => {
    if (bytes === undefined) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
      bytes = await sweep(folder, bytesMax)
    }
    const path = join(folder, hash)
    const isThere = await touch(path)
    if (isThere) return
    const part = `${path}.${randomBytes(4).toString('hex')}.part`
    try {
      await writeFile(part, content.pieces, { mode: 0o600, flag: 'wx' })
      await rename(part, path)
    } catch (error) {
      await unlink(part).catch(() => undefined)
      throw error
    }
    bytes += content.length
    if (bytes <= bytesMax) return
    bytes = await sweep(folder, bytesMax * sweptShare)
    kept.clear()
  }

  return {
    keep(document) {
      const { hash, bytes: content } = document
      if (kept.has(hash) || content.length > bytesMax * fileShareMax) return
      kept.add(hash)
      work = work
        .then(() => write(document))
        .catch((error: unknown) => {
          kept.delete(hash)
          log.warn('a shown text could not be kept for a restart', { folder, err: error })
        })
    },
    async get(hash) {
      const path = join(folder, hash)
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
      if (!handle) return undefined
      try {
        const content = await handle.readFile()
        if (hashOf([content]) !== hash) return undefined
        await touch(path)
        return content
      } finally {
        await handle.close()
      }
    },
    settled: () => work,
  }
}

/** Marks a file as used now; false when there is none. */
async function touch(path: string): Promise<boolean> {
  const now = new Date()
  return utimes(path, now, now).then(
    () => true,
    () => false,
  )
}

/** Removes what was used longest ago until no more than `bytesMax` are left; gives how much that is. */
async function sweep(folder: string, bytesMax: number): Promise<number> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const stats = await stat(path).catch(() => undefined)
      return stats ? [{ path, size: stats.size, usedAtMs: stats.mtimeMs }] : []
    }),
  )
  const oldestFirst = files.flat().sort((a, b) => a.usedAtMs - b.usedAtMs)
  let size = oldestFirst.reduce((sum, file) => sum + file.size, 0)
  for (const { path, size: freed, usedAtMs } of oldestFirst) {
    const isLeftOver = path.endsWith('.part') && Date.now() - usedAtMs > partAgeMsMax
    if (size <= bytesMax && !isLeftOver) continue
    await unlink(path).catch(() => undefined)
    size -= freed
  }
  return size
}
