import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, Failure } from '@auroracoder/kit/jail'
import type { z } from 'zod'

/** A small JSON document in the data directory, for its user alone. */
export interface JsonFile<Value> {
  /** `empty` where there is no file. Throws a `Failure` that names a file that cannot be understood. */
  read(): Promise<Value>
  /**
   * Reads, changes and writes, one change after the other. What is there is replaced whole or not at all, and a file
   * that cannot be understood is never overwritten.
   */
  change(make: (value: Value) => Value): Promise<Value>
}

export interface JsonFileOptions<Value> {
  file: string
  schema: z.ZodType<Value>
  empty: Value
}

const ownerOnly = 0o600

export function createJsonFile<Value>({ file, schema, empty }: JsonFileOptions<Value>): JsonFile<Value> {
  let turn: Promise<unknown> = Promise.resolve()

  const read = async (): Promise<Value> => {
    const text = await readPrivate(file)
    return text === undefined ? empty : understood(text)
  }

  const understood = (text: string): Value => {
    const parsed = schema.safeParse(parsedJson(text, file))
    if (parsed.success) return parsed.data
    // Values are not quoted: they may be secrets.
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the document'}: ${message}`)
    throw broken(file, problems.join('; '))
  }

  return {
    read,
    change(make) {
      const changed = turn.then(async () => {
        const value = make(await read())
        await writePrivate(file, `${JSON.stringify(value, null, 2)}\n`)
        return value
      })
      turn = changed.catch(() => {})
      return changed
    },
  }
}

async function readPrivate(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).mode & 0o077) await chmod(file, ownerOnly)
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = errorCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unusable(file, cause)
  }
}

/**
 * Puts a text in the place of a file, whole or not at all, for its user alone; missing folders are made. The draft is
 * created with its final mode, so that nobody else can read it even for a moment.
 */
export async function writePrivate(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeSynced(draft, text)
    await rename(draft, file)
    await syncFolder(dirname(file))
  } catch (cause) {
    await rm(draft, { force: true })
    throw unusable(file, cause)
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', ownerOnly)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may hold a secret.
    throw broken(file, 'it is not valid JSON')
  }
}

function broken(file: string, problem: string): Failure {
  return new Failure(`${file} cannot be understood: ${problem}. Mend it or remove it; it was left as it is.`)
}

function unusable(file: string, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Failure(`${file} cannot be used (${why}). Make it readable and writable for its user alone.`, { cause })
}
