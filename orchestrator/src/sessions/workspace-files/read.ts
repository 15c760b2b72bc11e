import { closeSync, createReadStream, fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Jail } from '@auroracoder/kit/jail'
import { explained, openInside, parseFilePath, refused } from './paths.js'

/** A file held open, so that what is said of it and what is read are of the same one. */
export interface OpenFile {
  name: string
  bytes: number
  /** Changes with every write, a rename over it included. */
  etag: string
  mtimeMs: number
  /** From byte `start` up to and with `end`. Closes the file when it ends; call it at most once. */
  stream(range: { start: number; end: number }): Readable
  /** For a file that is not streamed. */
  close(): void
}

export async function openFile(jail: Jail, path: string): Promise<OpenFile> {
  const name = parseFilePath(path).at(-1) ?? ''
  const fd = await openInside(jail, path)
  try {
    const found = await explained(path, () => fstatSync(fd, { bigint: true }))
    if (found.isDirectory())
      throw refused('path_conflict', path, 'Expected a file, found a folder; list or download it')
    if (!found.isFile()) throw refused('path_conflict', path, 'Expected a file, found a socket, pipe or device')
    const marks = [found.ino, found.size, found.mtimeNs, found.ctimeNs]
    return {
      name,
      bytes: Number(found.size),
      etag: `"${marks.map((mark) => mark.toString(36)).join('-')}"`,
      mtimeMs: Number(found.mtimeMs),
      stream: ({ start, end }) => createReadStream('', { fd, start, end }),
      close: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
