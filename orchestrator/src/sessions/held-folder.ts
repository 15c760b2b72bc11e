import { closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { errorCode } from '@auroracoder/kit/jail'

/**
 * A directory held open. What is done through `at` happens in this directory, even when its path is made to lead
 * elsewhere meanwhile; only Linux leads from a descriptor to what it holds, elsewhere the path has to do.
 */
export interface HeldFolder {
  readonly fd: number
  /** The path of an entry. Names are bytes, since not all of them are text. */
  at(name: Buffer): Buffer
  /** Opens a directory in it. Throws ENOENT when there is none, ENOTDIR for anything else, a symbolic link included. */
  enter(name: Buffer, options?: { make?: boolean }): HeldFolder
  close(): void
}

export function holdFolder(path: string | Buffer): HeldFolder {
  return held(Buffer.from(path))
}

/**
 * Goes down from `root`, component by component, through no symbolic link, and does `work` in the last folder. `eachStep`
 * may throw to go no further; it sees every folder below the root, and its depth.
 */
export function below<T>(
  root: HeldFolder,
  names: readonly Buffer[],
  work: (folder: HeldFolder) => T,
  options: { make?: boolean; eachStep?: (folder: HeldFolder, depth: number) => void } = {},
): T {
  let folder = root
  try {
    for (const [depth, name] of names.entries()) {
      const next = folder.enter(name, options)
      if (folder !== root) folder.close()
      folder = next
      options.eachStep?.(folder, depth + 1)
    }
    return work(folder)
  } finally {
    if (folder !== root) folder.close()
  }
}

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK

function held(path: Buffer): HeldFolder {
  const fd = openDirectory(path)
  const base = process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${fd}`) : path
  const at = (name: Buffer) => Buffer.concat([base, slash, name])
  return {
    fd,
    at,
    enter(name, { make = false } = {}) {
      if (make) makeDirectory(at(name))
      return held(at(name))
    },
    close: () => closeSync(fd),
  }
}

const slash = Buffer.from('/')

function openDirectory(path: Buffer): number {
  try {
    return openSync(path, directoryFlags)
  } catch (error) {
    // Systems differ in what they say of a symbolic link.
    if (errorCode(error) !== 'ELOOP') throw error
    throw Object.assign(new Error(`ENOTDIR: not a directory, ${path}`), { code: 'ENOTDIR' })
  }
}

function makeDirectory(path: Buffer): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}
