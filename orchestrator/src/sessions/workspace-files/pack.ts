import { closeSync, constants, createReadStream, fstatSync, openSync, readdirSync } from 'node:fs'
import { PassThrough, type Readable } from 'node:stream'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Jail } from '@auroracoder/kit/jail'
import { ZipFile } from 'yazl'
import { below, type HeldFolder, holdFolder } from '../held-folder.js'
import { stagingPrefix } from '../staging-name.js'
import { downloadBytesMax, downloadFilesMax } from './limits.js'
import { explained, parsePath, refused } from './paths.js'

export interface Packed {
  /** For the file it is saved as. */
  name: string
  /** Made as it is read: a reader that is slow holds it up, one that leaves ends it. */
  stream: Readable
}

interface Found {
  names: string[]
  bytes: number
  mtime: Date
  mode: number
}

/** Counted first, so that what is too much is refused before anything is sent. Links and special files are left out. */
export async function packFolder(jail: Jail, path: string): Promise<Packed> {
  const start = parsePath(path)
  const real = await explained(path, () => jail.resolve(start.join('/') || '.'))
  const root = await explained(path, () => holdFolder(real))
  try {
    const { files, folders } = await survey(root, path)
    return { name: `${start.at(-1) ?? 'workspace'}.zip`, stream: pack(root, { files, folders }) }
  } catch (error) {
    root.close()
    throw error
  }
}

interface Contents {
  files: Found[]
  /** Those with nothing in them. */
  folders: string[][]
}

async function survey(root: HeldFolder, path: string): Promise<Contents> {
  const files: Found[] = []
  const folders: string[][] = []
  const open: string[][] = [[]]
  let bytes = 0
  for (let names = open.pop(); names !== undefined; names = open.pop()) {
    await breathe()
    const here = names
    const found = await explained(path, () => listFiles(root, here))
    if (found.files.length + found.folders.length === 0 && here.length > 0) folders.push(here)
    open.push(...found.folders)
    files.push(...found.files)
    for (const file of found.files) bytes += file.bytes
    if (files.length > downloadFilesMax || bytes > downloadBytesMax) {
      const limit = `Expected at most ${downloadFilesMax} files and ${downloadBytesMax} bytes; download a folder of it`
      throw refused('too_large', path, limit)
    }
  }
  return { files, folders }
}

function listFiles(root: HeldFolder, names: readonly string[]): Contents {
  return below(
    root,
    names.map((name) => Buffer.from(name)),
    (folder) => {
      const files: Found[] = []
      const folders: string[][] = []
      for (const entry of readdirSync(folder.at(Buffer.from('.')), { withFileTypes: true })) {
        if (entry.name.startsWith(stagingPrefix) || entry.name.includes('\ufffd')) continue
        if (entry.isDirectory()) folders.push([...names, entry.name])
        else if (entry.isFile()) {
          const found = describe(folder, entry.name)
          if (found !== undefined) files.push({ ...found, names: [...names, entry.name] })
        }
      }
      return { files, folders }
    },
  )
}

function describe(folder: HeldFolder, name: string): Omit<Found, 'names'> | undefined {
  try {
    const fd = openSync(folder.at(Buffer.from(name)), readFlags)
    try {
      const { size: bytes, mtime, mode } = fstatSync(fd)
      return { bytes, mtime, mode }
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
}

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

function pack(root: HeldFolder, { files, folders }: Contents): Readable {
  const zip = new ZipFile()
  const out = new PassThrough()
  let current: Readable | undefined
  out.once('close', () => {
    current?.destroy()
    root.close()
  })
  zip.on('error', (error: Error) => out.destroy(error))
  for (const names of folders) zip.addEmptyDirectory(names.join('/'))
  for (const { names, mtime, mode } of files) {
    // A backslash would be a separator to those who unpack it.
    zip.addReadStreamLazy(names.join('/').replaceAll('\\', '_'), { mtime, mode }, (give) => {
      try {
        if (out.destroyed) throw new Error('The reader has left.')
        current = openToRead(root, names)
        current.on('error', (error) => out.destroy(error))
        give(null, current)
      } catch (error) {
        out.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    })
  }
  zip.end()
  zip.outputStream.pipe(out)
  return out
}

function openToRead(root: HeldFolder, names: readonly string[]): Readable {
  const parents = names.slice(0, -1).map((name) => Buffer.from(name))
  return below(root, parents, (folder) =>
    createReadStream('', { fd: openSync(folder.at(Buffer.from(names.at(-1) ?? '')), readFlags) }),
  )
}
