import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { appendFile, type FileHandle, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { answerSchema } from './answer.js'

/** What a call is about to do to one path, by its states (`pathState`). Afterwards they prove whether it was done. */
const effectSchema = z.object({ path: z.string(), before: z.string(), after: z.string() })
const intentSchema = z.object({ effects: z.array(effectSchema), answer: answerSchema })

export type Effect = z.infer<typeof effectSchema>
export type Intent = z.infer<typeof intentSchema>

export interface JournalRecord extends Intent {
  /** The call has come to its end. */
  readonly isDone: boolean
}

export function recordPath(folder: string, key: string): string {
  return join(folder, createHash('sha256').update(key).digest('hex'))
}

/** `undefined` when there is none, or one of which only a part was written: then nothing was done yet. */
export async function readRecord(path: string): Promise<JournalRecord | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return ''
    throw error
  })
  const [line = '', mark] = text.split('\n')
  // The line end comes last: without it the line is not whole.
  if (mark === undefined) return undefined
  const intent = intentSchema.safeParse(parsed(line)).data
  return intent && { ...intent, isDone: mark === doneMark }
}

const doneMark = 'done'

/** Settles when the intent survives a crash of the system. */
export async function writeIntent(path: string, folder: string, intent: Intent): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
  await withHandle(await open(path, flags, 0o600), async (handle) => {
    await handle.writeFile(`${JSON.stringify(intent)}\n`)
    await handle.sync()
  })
  await withHandle(await open(folder, constants.O_RDONLY), (handle) => handle.sync())
}

/** Need not be synced: without it the states prove the same. */
export function markDone(path: string): Promise<void> {
  return appendFile(path, doneMark)
}

export function dropRecord(path: string): Promise<void> {
  return unlink(path).catch(() => undefined)
}

async function withHandle(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
