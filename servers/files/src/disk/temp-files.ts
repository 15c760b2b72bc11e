import { randomBytes } from 'node:crypto'
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { readdir, readFile, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Log } from '@auroracoder/kit'
import { contains } from '@auroracoder/kit/jail'

/**
 * Names for temp files, each noted in the state folder before it is made, so that a later start can remove what a
 * killed process left behind.
 */
export interface TempFiles {
  /** A name in that directory, told to `use`; forgotten when `use` is done with it. */
  with<T>(directory: string, use: (name: string) => Promise<T>): Promise<T>
}

const prefix = '.auroracoder-'
const suffix = '.tmp'

export function createTempFiles({ stateDir, log }: { stateDir: string; log: Log }): TempFiles {
  const notes = join(stateDir, 'temp')
  return {
    async with(directory, use) {
      const id = `${process.pid}-${randomBytes(6).toString('hex')}`
      const name = `${prefix}${id}${suffix}`
      const note = join(notes, id)
      try {
        writeNote(note, join(directory, name))
      } catch (error) {
        // Without a note the file can only be swept by hand; that is no reason to refuse the write.
        log.warn('temp file could not be noted', { note, err: error })
      }
      try {
        return await use(name)
      } finally {
        removeIfThere(note)
      }
    },
  }
}

function writeNote(note: string, path: string): void {
  try {
    writeFileSync(note, path)
  } catch {
    mkdirSync(dirname(note), { recursive: true })
    writeFileSync(note, path)
  }
}

export function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is gone, or cannot be removed: a later start sweeps it.
  }
}

/** Removes temp files of processes that no longer run. Only inside the roots, and only what is named like one. */
export async function sweepTempFiles({
  stateDir,
  roots,
}: {
  stateDir: string
  roots: readonly string[]
}): Promise<void> {
  const notes = join(stateDir, 'temp')
  const names = await readdir(notes).catch(() => [])
  for (const name of names) {
    if (isRunning(Number.parseInt(name, 10))) continue
    const note = join(notes, name)
    const path = await readFile(note, 'utf8').catch(() => '')
    const isOurs = basename(path) === `${prefix}${name}${suffix}` && roots.some((root) => contains(root, path))
    // A note of another workspace stays for the server of that workspace.
    if (path !== '' && !isOurs) continue
    if (isOurs) await unlink(path).catch(() => undefined)
    await unlink(note).catch(() => undefined)
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
