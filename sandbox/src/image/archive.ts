import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import type { ContextFile } from './context.js'

/** Copied by the Dockerfile also when nothing is in them. */
const folders = ['ca/', 'network/']
/** Equal files make equal layers, whenever and by whomever they were written. */
const anybody = { mtime: new Date(0), uid: 0, gid: 0 }

/** The context as the engine takes it. */
export function archiveOf(files: readonly ContextFile[]): Readable {
  const archive = pack()
  for (const name of folders) archive.entry({ ...anybody, name, type: 'directory', mode: 0o755 })
  for (const { path, content } of files) archive.entry({ ...anybody, name: path, mode: 0o644 }, content)
  archive.finalize()
  return Readable.from(archive)
}
