import { SessionFailure } from '../failure.js'
import { uploadBytesMax, uploadFileBytesMax, uploadFilesMax } from './limits.js'
import { parseFilePath, parsePath, refused } from './paths.js'
import { placeAll, type Ready } from './place.js'
import { type Staging, withStaging } from './staging.js'
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
    for await (const { path, content } of files) {
      let own = 0
      const pass = (bytes: number) => {
        received += bytes
        own += bytes
        if (received > uploadBytesMax) throw tooLarge(`an upload of at most ${uploadBytesMax} bytes`, path)
        if (!extract && own > uploadFileBytesMax) throw tooLarge(`files of at most ${uploadFileBytesMax} bytes`, path)
      }
      if (extract) await unpackInto(staging, { plan, content, pass })
      else {
        const staged = plan.add(path)
        plan.settle(staged, { bytes: await staging.write(staged, content, pass), executable: false })
      }
    }
    const ready = plan.ready()
    if (ready.length === 0 && !extract) throw empty()
    await placeAll(staging, ready)
    return { files: ready.map(({ names, bytes }) => ({ path: names.join('/'), bytes })) }
  })
}

interface Archive {
  plan: Plan
  content: AsyncIterable<unknown>
  pass: (bytes: number) => void
}

async function unpackInto(staging: Staging, { plan, content, pass }: Archive): Promise<void> {
  const name = `archive-${plan.ready().length}`
  const archiveBytes = await staging.write(name, content, pass)
  await unpack({ staging, name, archiveBytes, plan })
}

/** Where each file of an upload goes; no two to one place, none into another. */
export interface Plan {
  /** Answers the name under which it is to be staged. */
  add(path: string): string
  settle(staged: string, outcome: { bytes: number; executable: boolean }): void
  ready(): Ready[]
}

function createPlan(base: readonly string[]): Plan {
  const files = new Map<string, Ready>()
  const folders = new Set<string>()
  return {
    add(path) {
      const names = [...base, ...parseFilePath(path)]
      parsePath(names.join('/'))
      const whole = names.join('/')
      const parents = names.slice(0, -1).map((_, depth) => names.slice(0, depth + 1).join('/'))
      if (files.has(whole)) throw refused('bad_upload', path, 'Expected every path once, found it twice')
      if (folders.has(whole) || parents.some((parent) => files.has(parent))) {
        throw refused('bad_upload', path, 'Expected a file or a folder, found both under one path')
      }
      if (files.size >= uploadFilesMax) throw tooLarge(`at most ${uploadFilesMax} files`, path)
      for (const parent of parents) folders.add(parent)
      const staged = `file-${files.size}`
      files.set(whole, { staged, names, bytes: 0, executable: false })
      return staged
    },
    settle(staged, outcome) {
      for (const file of files.values()) if (file.staged === staged) Object.assign(file, outcome)
    },
    ready: () => [...files.values()],
  }
}

export function tooLarge(expected: string, path: string): SessionFailure {
  return refused('too_large', path, `Expected ${expected}, found more at`)
}

function empty(): SessionFailure {
  return new SessionFailure('bad_upload', 'Expected at least one file. Send each as a part with its path as file name.')
}
