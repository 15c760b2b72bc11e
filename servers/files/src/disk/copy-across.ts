import { constants } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '@auroracoder/kit'
import { errorCode } from '@auroracoder/kit/jail'
import { withAnchor } from './anchor.js'
import type { Moving } from './move.js'
import { type Names, renameExclusively } from './rename.js'
import { isSameState, takeOver } from './write.js'

/**
 * Moves a file to another file system: a whole copy beside the target, synced, put in place in one step, and only then
 * the original is deleted. Mode, times and, where possible, the owner are kept. Of anything but a file it would not be
 * one step.
 */
export async function copyAcross(moving: Moving, names: Names): Promise<void> {
  const { jail, temps, from, to, stats } = moving
  if (!stats.isFile()) throw otherFileSystem(moving)
  const original = await open(names.source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await withAnchor(jail, dirname(to), (directory) =>
      temps.with(dirname(to), async (name) => {
        const temp = directory.at(name)
        try {
          await writeCopy(original, temp, moving)
          if (moving.overwrite) await rename(temp, names.target)
          else await renameExclusively({ source: temp, target: names.target }, false)
        } catch (error) {
          await unlink(temp).catch(() => undefined)
          throw error
        }
      }),
    )
  } finally {
    await original.close()
  }
  await unlink(names.source).catch(async (cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return
    if (!moving.overwrite) {
      await unlink(names.target)
      throw cause
    }
    throw new Failure(
      `"${jail.display(from)}" was copied to "${jail.display(to)}", but the original cannot be deleted: both are there now.`,
      { cause },
    )
  })
}

const chunkBytes = 1 << 20

async function writeCopy(original: FileHandle, temp: string, { jail, from, signal }: Moving): Promise<void> {
  const before = await original.stat({ bigint: true })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const copy = await open(temp, flags, 0o600)
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead } = await original.read(chunk, 0, chunkBytes)
      if (bytesRead === 0) break
      // `writeFile` on a handle goes on where the last one ended, and writes all of it.
      await copy.writeFile(chunk.subarray(0, bytesRead))
    }
    takeOver(copy.fd, before)
    await copy.utimes(Number(before.atimeNs) / 1e9, Number(before.mtimeNs) / 1e9)
    await copy.sync()
  } finally {
    await copy.close()
  }
  if (isSameState(await original.stat({ bigint: true }), before)) return
  throw new Failure(`"${jail.display(from)}" was changed by someone else just now. Nothing was moved. Try again.`)
}

function otherFileSystem({ jail, from, to, stats }: Moving): Failure {
  const kind = stats.isDirectory() ? 'a directory' : 'no regular file'
  return new Failure(
    `"${jail.display(to)}" is on another file system, and "${jail.display(from)}" is ${kind}: that cannot be moved in one step. Use a shell command (mv) for it.`,
  )
}
