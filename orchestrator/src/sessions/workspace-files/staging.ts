import { randomUUID } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { SessionFailure } from '../failure.js'
import { type HeldFolder, holdFolder } from '../held-folder.js'
import { stagingPrefix } from '../staging-name.js'
import { stagingAgeMsMax } from './limits.js'
import { explained } from './paths.js'

/** A folder beside the user's files, in which an upload is made ready. Nothing of it is left when it ends. */
export interface Staging {
  root: HeldFolder
  folder: HeldFolder
  /** Writes what comes into a new file, and answers how many bytes came. `pass` sees each piece before it is written, and may throw. */
  write(name: string, content: AsyncIterable<unknown>, pass: (bytes: number) => void): Promise<number>
}

export async function withStaging<T>(workspace: string, work: (staging: Staging) => Promise<T>): Promise<T> {
  const root = await explained('', () => holdFolder(workspace))
  const name = Buffer.from(`${stagingPrefix}${randomUUID()}`)
  try {
    clearOld(root)
    const folder = await explained('', () => {
      mkdirSync(root.at(name), { mode: 0o700 })
      return root.enter(name)
    })
    try {
      return await work({ root, folder, write: (file, content, pass) => writeNew(folder, { file, content, pass }) })
    } finally {
      folder.close()
      rmSync(root.at(name), { recursive: true, force: true })
    }
  } finally {
    root.close()
  }
}

interface NewFile {
  file: string
  content: AsyncIterable<unknown>
  pass: (bytes: number) => void
}

async function writeNew(folder: HeldFolder, { file, content, pass }: NewFile): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const fd = await explained(file, () => openSync(folder.at(Buffer.from(file)), flags, 0o666))
  let total = 0
  try {
    for await (const piece of content) {
      if (!(piece instanceof Uint8Array)) throw new Error('An upload comes in bytes.')
      pass(piece.length)
      total += piece.length
      await explained(file, () => {
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at)
      })
    }
    return total
  } catch (error) {
    if (error instanceof SessionFailure) throw error
    throw new SessionFailure(
      'bad_upload',
      `The upload broke off: ${error instanceof Error ? error.message : 'unknown'}.`,
      {
        cause: error,
      },
    )
  } finally {
    closeSync(fd)
  }
}

/** Those that a killed process has left. */
function clearOld(root: HeldFolder): void {
  for (const name of readdirSync(root.at(Buffer.from('.')), { encoding: 'buffer' })) {
    if (!name.toString().startsWith(stagingPrefix)) continue
    const found = statSync(root.at(name), { throwIfNoEntry: false })
    if (found !== undefined && Date.now() - found.mtimeMs > stagingAgeMsMax) {
      rmSync(root.at(name), { recursive: true, force: true })
    }
  }
}
