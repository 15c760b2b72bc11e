import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  openSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { errorCode } from '@auroracoder/kit/jail'
import { below, type HeldFolder } from '../held-folder.js'
import { stagingPrefix } from '../staging-name.js'
import type { Change } from './changes.js'
import { bytesOf } from './left.js'

/** Undefined: done. Otherwise why the path was left as it is. */
export type Outcome = string | undefined

/** Deletes one file or link; a folder in its place stays. */
export function removeFile(root: HeldFolder, path: string): Outcome {
  return attempt(() =>
    inFolderOf(root, path, {}, (folder, name) => {
      if (entryAt(folder, name)?.isDirectory() === false) unlinkSync(folder.at(name))
    }),
  )
}

/** Deletes a folder if nothing is in it. */
export function removeEmptyFolder(root: HeldFolder, path: string): void {
  attempt(() => inFolderOf(root, path, {}, (folder, name) => rmdirSync(folder.at(name))))
}

/** Makes a path what it was, in one step: it is written beside and moved into its place. */
export function putFile(root: HeldFolder, change: Change, content: Buffer): Outcome {
  return attempt(() =>
    inFolderOf(root, change.path, { make: true }, (folder, name) => {
      const standing = entryAt(folder, name)
      // A new path was in no snapshot of what stands here now, so nobody could bring back what we would overwrite.
      if (standing !== undefined && !standing.isDirectory() && change.status === 'A') throw new Blocked(unheld)
      const staged = folder.at(Buffer.from(`${stagingPrefix}restore`))
      unlinkIfThere(staged)
      try {
        if (change.mode === linkMode) symlinkSync(content, staged)
        else writeFile(staged, content, { executable: change.mode === executableMode, standing })
        if (standing?.isDirectory() === true) rmdirSync(folder.at(name))
        renameSync(staged, folder.at(name))
      } catch (error) {
        unlinkIfThere(staged)
        throw error
      }
    }),
  )
}

const linkMode = '120000'
const executableMode = '100755'
const unheld = 'what stands here is in no snapshot'

class Blocked extends Error {}

/** What lies in the way, or may not be touched, is told; a broken disk or a full one is thrown. */
function attempt(work: () => void): Outcome {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof Blocked) return error.message
    const code = errorCode(error)
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'EISDIR') {
      return 'something that is in no snapshot stands in its way'
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EBUSY') return `not permitted (${code})`
    throw error
  }
}

type InFolder = (folder: HeldFolder, name: Buffer) => void

/** Through no symbolic link and into no repository of the user's. */
function inFolderOf(root: HeldFolder, path: string, options: { make?: boolean }, work: InFolder): void {
  const names = path.split('/')
  const name = bytesOf(names.pop() ?? '')
  const eachStep = (folder: HeldFolder) => {
    if (entryAt(folder, dotGit) !== undefined) throw new Blocked('in a repository of its own')
  }
  below(root, names.map(bytesOf), (folder) => work(folder, name), { ...options, eachStep })
}

const dotGit = Buffer.from('.git')

function entryAt(folder: HeldFolder, name: Buffer): Stats | undefined {
  return lstatSync(folder.at(name), { throwIfNoEntry: false })
}

function unlinkIfThere(path: Buffer): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

interface FileModes {
  executable: boolean
  standing: Stats | undefined
}

/** Git knows only whether a file is executable; the other bits stay, or are what the user's umask says. */
function writeFile(path: Buffer, content: Buffer, { executable, standing }: FileModes): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const fd = openSync(path, flags, executable ? 0o777 : 0o666)
  try {
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at)
    if (standing?.isFile() === true) {
      const bits = standing.mode & 0o777
      fchmodSync(fd, executable ? bits | ((bits & 0o444) >> 2) : bits & ~0o111)
    }
  } finally {
    closeSync(fd)
  }
}
