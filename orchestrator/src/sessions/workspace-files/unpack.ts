import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { SessionFailure } from '../failure.js'
import { ratioFreeBytes, unpackedRatioMax, uploadFileBytesMax } from './limits.js'
import { parsePath, refused, tooLarge } from './paths.js'
import type { Plan } from './plan.js'
import type { Staging } from './staging.js'

export interface UnpackOptions {
  staging: Staging
  /** Of the archive in the staging folder. */
  name: string
  archiveBytes: number
  plan: Plan
  /** Told of every piece before it is written; throws when all archives together are too much. */
  spend: (bytes: number) => void
}

/** Trusts nothing that an archive says of itself: sizes are counted, contents are checked against their sums. */
export async function unpack({ staging, name, archiveBytes, plan, spend }: UnpackOptions): Promise<void> {
  const path = staging.folder.at(Buffer.from(name)).toString()
  const allowed = Math.min(Math.max(ratioFreeBytes, archiveBytes * unpackedRatioMax))
  const zip = await openPromise(path, { strictFileNames: true, autoClose: false }).catch(asBadArchive)
  let unpacked = 0
  try {
    for (const { entry, staged } of await planEntries(zip, plan)) {
      let own = 0
      const pass = (bytes: number) => {
        own += bytes
        unpacked += bytes
        spend(bytes)
        if (own > uploadFileBytesMax) throw tooLarge(`files of at most ${uploadFileBytesMax} bytes`, entry.fileName)
        if (unpacked > allowed) {
          throw tooLarge(
            `an archive that unpacks to at most ${allowed} bytes, ${unpackedRatioMax} times its size`,
            entry.fileName,
          )
        }
      }
      const bytes = await staging.write(staged, contentOf(zip, entry), pass)
      plan.settle(staged, { bytes, executable: isExecutable(entry) })
    }
  } finally {
    zip.close()
  }
}

/** Looks at every entry before the first is unpacked. */
async function planEntries(zip: ZipFile, plan: Plan): Promise<{ entry: Entry; staged: string }[]> {
  const planned: { entry: Entry; staged: string }[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry
      refuseOdd(entry)
      if (fileName.endsWith('/')) parsePath(fileName)
      else planned.push({ entry, staged: plan.add(fileName) })
    }
  } catch (error) {
    asBadArchive(error)
  }
  return planned
}

const kindMask = 0o170000
const fileKind = 0o100000
const folderKind = 0o040000

function refuseOdd(entry: Entry): void {
  if (entry.isEncrypted()) throw refused('bad_upload', entry.fileName, 'Expected an archive without encryption, found')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw refused(
      'bad_upload',
      entry.fileName,
      `Expected stored or deflated files, found method ${entry.compressionMethod}`,
    )
  }
  const kind = unixMode(entry) & kindMask
  if (kind !== 0 && kind !== fileKind && kind !== folderKind) {
    throw refused('bad_upload', entry.fileName, 'Expected files and folders only, found a link or a special file')
  }
  if (entry.uncompressedSize > uploadFileBytesMax) {
    throw tooLarge(`files of at most ${uploadFileBytesMax} bytes`, entry.fileName)
  }
}

function unixMode({ externalFileAttributes }: Entry): number {
  return externalFileAttributes >>> 16
}

function isExecutable(entry: Entry): boolean {
  return (unixMode(entry) & 0o100) !== 0
}

async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let sum = 0
  try {
    for await (const piece of await zip.openReadStreamPromise(entry)) {
      if (!(piece instanceof Uint8Array)) continue
      sum = crc32(piece, sum)
      yield piece
    }
  } catch (error) {
    asBadArchive(error)
  }
  if (sum !== entry.crc32)
    throw refused('bad_upload', entry.fileName, 'Expected content that fits its checksum, found other')
}

function asBadArchive(error: unknown): never {
  if (error instanceof SessionFailure) throw error
  const why = error instanceof Error ? error.message : String(error)
  if (/absolute path|invalid relative path/.test(why)) {
    throw new SessionFailure('outside_workspace', `The archive holds a path that leads out of it: ${why}.`, {
      cause: error,
    })
  }
  throw new SessionFailure('bad_upload', `Expected a zip archive in good order, found: ${why}.`, { cause: error })
}
