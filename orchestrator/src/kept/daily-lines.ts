import { constants } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** JSON lines, in a file for each day. */
export interface DailyLines {
  /** Written after those before it, without being waited for. */
  add(value: object): void
  /** Resolves when everything is written, or the disk has not taken it within `closeMsMax`. */
  close(): Promise<void>
}

export interface DailyLinesOptions {
  folder: string
  /** Milliseconds since 1970; days are those of UTC. */
  now: () => number
  /** Lines are lost, because the disk is full or too slow; told once until lines are written again. */
  onLost: (error: unknown) => void
}

/** Files of days before these are removed. */
export const daysKept = 14
/** Lines that wait for the disk; what comes beyond it is lost. */
export const waitingBytesMax = 64 * 1024 * 1024
export const closeMsMax = 1_000

/** The files are named as in `2026-11-27.jsonl` and are for their user alone. */
export function createDailyLines({ folder, now, onLost }: DailyLinesOptions): DailyLines {
  let writing: Promise<void> = Promise.resolve()
  let waitingBytes = 0
  let isLosing = false
  let sweptFor = ''

  const lose = (error: unknown) => {
    if (!isLosing) onLost(error)
    isLosing = true
  }
  const write = async (line: string, name: string) => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await append(join(folder, name), line)
      if (sweptFor !== name) await removeBefore(folder, nameOf(now() - (daysKept - 1) * dayMs))
      sweptFor = name
      isLosing = false
    } catch (error) {
      lose(error)
    }
  }

  return {
    add(value) {
      const line = `${JSON.stringify(value)}\n`
      const bytes = Buffer.byteLength(line)
      if (waitingBytes + bytes > waitingBytesMax) return lose(new Error('The disk does not keep up.'))
      waitingBytes += bytes
      const name = nameOf(now())
      writing = writing.then(async () => {
        await write(line, name)
        waitingBytes -= bytes
      })
    },
    close: () => Promise.race([writing, sleep(closeMsMax, undefined, { ref: false })]),
  }
}

const dayMs = 24 * 60 * 60_000

function nameOf(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 10)}.jsonl`
}

/** What is no file, such as a pipe that nobody reads, would keep us waiting. */
async function append(path: string, line: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_NOFOLLOW, O_WRONLY } = constants
  const file = await open(path, O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_WRONLY, 0o600)
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file.`)
    await file.writeFile(line)
  } finally {
    await file.close()
  }
}

/** An old one that cannot be removed is in nobody's way. */
async function removeBefore(folder: string, oldest: string): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /^\d{4}-\d\d-\d\d\.jsonl$/.test(name) && name < oldest)
  await Promise.allSettled(old.map((name) => rm(join(folder, name), { force: true })))
}
