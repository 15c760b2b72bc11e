import { type Directory, haveIgnoreFilesChanged } from './directory.js'
import { lookListOf } from './look-round.js'
import type { Looks } from './looks.js'
import { type Paths, pathsOf } from './paths.js'

/** All directories as they were read last. */
export interface Snapshot {
  readonly paths: Paths
  /** Files and directories. */
  readonly size: number
  /** False when not all of every directory is remembered. */
  readonly complete: boolean
  /**
   * Begins to look for changes. The call that it answers ends that, and tells what must be read again; with room, also
   * what was cut for the lack of it.
   */
  look(): (hasRoom: boolean) => Directory[]
}

/**
 * Every search looks at every directory and at every path. What that takes lies in arrays of its own, side by side,
 * which halves the time: the directories themselves are scattered over the memory.
 */
export function snapshotOf(top: Directory, looks: Looks): Snapshot {
  const directories = directoriesWithin(top)
  const paths = pathsOf(directories.map(({ folder }) => folder))
  const list = lookListOf(
    directories.map(({ path }) => path),
    directories.map(({ stamp }) => stamp),
  )
  const unsettled = directories.filter((directory) => !directory.isSettled)
  const cut = directories.filter(({ isCut }) => isCut)
  const withIgnoreFiles = directories.filter(({ ignoreFiles }) => ignoreFiles.names.length > 0)

  return {
    paths,
    size: directories.length + paths.masks.length,
    complete: cut.length === 0,
    look() {
      const changes = looks.begin(list)
      return (hasRoom) => {
        const due = new Set([...unsettled, ...(hasRoom ? cut : []), ...withIgnoreFiles.filter(haveIgnoreFilesChanged)])
        for (const index of changes()) {
          const directory = directories[index]
          if (directory) due.add(directory)
        }
        return [...due]
      }
    },
  }
}

function directoriesWithin(top: Directory): Directory[] {
  const found = [top]
  for (const { directories } of found) for (const inner of directories.values()) found.push(inner)
  return found
}
