import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@auroracoder/kit/jail'

export const tokenCharsMin = 16

export interface Token {
  token: string
  /** Where it is kept; absent when it came from the environment. */
  file?: string
}

/** The token of this data directory, made at the first start. `given` (AURORACODER_TOKEN) takes its place. */
export async function loadToken({ dataDir, given }: { dataDir: string; given?: string | undefined }): Promise<Token> {
  if (given !== undefined && given !== '') return { token: checked(given, 'AURORACODER_TOKEN') }
  const file = join(dataDir, 'token')
  return { token: checked((await readOrMake(file, dataDir)).trim(), file), file }
}

async function readOrMake(file: string, dataDir: string): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await createOnce(file)
    await chmod(file, 0o600)
    return await readFile(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Failure(
      `The token file ${file} cannot be used (${why}). Make it readable and writable for its user alone, or set AURORACODER_TOKEN.`,
      { cause },
    )
  }
}

/** Two processes may start at once: the file appears whole, and the first one wins. */
async function createOnce(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    await link(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

function checked(token: string, source: string): string {
  if (token.length >= tokenCharsMin && /^[\x21-\x7e]+$/.test(token)) return token
  throw new Failure(
    `Expected a token of at least ${tokenCharsMin} visible ASCII characters in ${source}, found ${token.length} characters. ` +
      'Set another, or remove it to have one made.',
  )
}
