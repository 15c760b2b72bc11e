import { SessionFailure } from '../failure.js'
import { unpackedBytesMax, uploadBytesMax, uploadFileBytesMax } from './limits.js'
import { parsePath, tooLarge } from './paths.js'
import { placeAll } from './place.js'
import { createPlan } from './plan.js'
import { withStaging } from './staging.js'
import { unpack } from './unpack.js'

/** A file of an upload; its content is read before the next one is asked for. */
export interface IncomingFile {
  /** From the folder that is uploaded to. */
  path: string
  content: AsyncIterable<unknown>
}

export interface Upload {
  /** From the workspace's root; made when missing. */
  folder: string
  files: AsyncIterable<IncomingFile>
  /** The files are zip archives, whose content is meant. */
  extract: boolean
}

export interface Uploaded {
  files: { path: string; bytes: number }[]
}

/** Files that are there already are replaced. All come into their places, or none. */
export async function uploadInto(workspace: string, { folder, files, extract }: Upload): Promise<Uploaded> {
  const base = parsePath(folder)
  return withStaging(workspace, async (staging) => {
    const plan = createPlan(base)
    let received = 0
    let unpacked = 0
    let archives = 0
    const unpackNext = async ({ path, content, pass }: IncomingFile & { pass: (bytes: number) => void }) => {
      archives += 1
      const name = `archive-${archives}`
      const archiveBytes = await staging.write(name, content, pass)
      const spend = (bytes: number) => {
        unpacked += bytes
        if (unpacked > unpackedBytesMax)
          throw tooLarge(`archives that unpack to at most ${unpackedBytesMax} bytes`, path)
      }
      await unpack({ staging, name, archiveBytes, plan, spend })
    }
    for await (const { path, content } of files) {
      let own = 0
      const pass = (bytes: number) => {
        received += bytes
        own += bytes
        if (received > uploadBytesMax) throw tooLarge(`an upload of at most ${uploadBytesMax} bytes`, path)
        if (!extract && own > uploadFileBytesMax) throw tooLarge(`files of at most ${uploadFileBytesMax} bytes`, path)
      }
      if (extract) await unpackNext({ path, content, pass })
      else {
        const staged = plan.add(path)
        plan.settle(staged, { bytes: await staging.write(staged, content, pass), executable: false })
      }
    }
    const ready = plan.ready()
    if (ready.length === 0 && archives === 0) throw empty()
    await placeAll(staging, ready)
    return { files: ready.map(({ names, bytes }) => ({ path: names.join('/'), bytes })) }
  })
}

function empty(): SessionFailure {
  return new SessionFailure('bad_upload', 'Expected at least one file. Send each as a part with its path as file name.')
}
