import { randomBytes } from 'node:crypto'
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Log } from '@auroracoder/kit'
import { contains, errorCode } from '@auroracoder/kit/jail'

/**
 * Names for temp files. Each directory that gets one is noted in the state folder before, once for a process, so that a
 * later start can remove what a killed process left behind.
 */
export interface TempFiles {
  /** A name in that directory, told to `use`. */
  with<T>(directory: string, use: (name: string) => Promise<T>): Promise<T>
  /** Forgets the notes, unless a temp file may still be there. */
  close(): void
}

const prefix = '.auroracoder-'
const suffix = '.tmp'
/** Directories that are noted at a time. */
const notesMax = 1_000

export function createTempFiles({ stateDir, log }: { stateDir: string; log: Log }): TempFiles {
  const notes = join(stateDir, 'temp')
  const own = `${process.pid}-${randomBytes(6).toString('hex')}`
  const noted = new Map<string, string>()
  let made = 0
  let underWay = 0

  const forget = (): void => {
    if (underWay > 0) return
    for (const id of noted.values()) removeIfThere(join(notes, id))
    noted.clear()
  }
  const noteOf = (directory: string): string => {
    const known = noted.get(directory)
    if (known !== undefined) return known
    if (noted.size >= notesMax) forget()
    const id = `${own}-${made}`
    try {
      writeNote(join(notes, id), directory)
      noted.set(directory, id)
    } catch (error) {
      // Without a note its temp files can only be swept by hand; that is no reason to refuse the write.
      log.warn('the directory of a temp file could not be noted', { directory, err: error })
    }
    return id
  }

  return {
    async with(directory, use) {
      const name = `${prefix}${noteOf(directory)}-${made}${suffix}`
      made += 1
      underWay += 1
      try {
        return await use(name)
      } finally {
        underWay -= 1
      }
    },
    close: forget,
  }
}

function writeNote(note: string, directory: string): void {
  try {
    writeFileSync(note, directory)
  } catch {
    mkdirSync(dirname(note), { recursive: true })
    writeFileSync(note, directory)
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
  for (const id of await namesIn(notes)) {
    const note = join(notes, id)
    if (await isInUse(note, Number.parseInt(id, 10))) continue
    const directory = await readFile(note, 'utf8').catch(() => '')
    // A note of another workspace stays for the server of that workspace.
    if (directory !== '' && !roots.some((root) => contains(root, directory))) continue
    const left = (await namesIn(directory)).filter(
      (name) => name.startsWith(`${prefix}${id}-`) && name.endsWith(suffix),
    )
    for (const name of left) removeIfThere(join(directory, name))
    removeIfThere(note)
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return directory === '' ? [] : readdir(directory).catch(() => [])
}

/** In a container every server may have the same process id: a note from before this one's start is not its own. */
async function isInUse(note: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return isRunning(pid)
  const startedAtMs = Date.now() - process.uptime() * 1_000
  return stat(note).then(
    ({ mtimeMs }) => mtimeMs >= startedAtMs - clockMs,
    () => false,
  )
}

/** By so much may the clock of a file system differ from the system's. */
const clockMs = 2_000

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, under another user.
    return errorCode(error) === 'EPERM'
  }
}
