import { accessSync, constants, lstatSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { errorCode } from '@auroracoder/kit/jail'
import type { Git } from './git.js'
import { bytesOf, foldersOf, type LeftOut } from './left.js'
import { generatedFolders, snapshotFileBytesMax, snapshotFilesMax } from './limits.js'
import { walk } from './walk.js'

/** How the workspace differs from the index; paths are text whose characters are bytes. */
export interface Survey {
  /** New or changed, and fit to be held. */
  add: string[]
  /** In the index, and gone or not fit any more. */
  drop: string[]
  left: LeftOut
}

export interface SurveyPlace {
  workspace: string
  /** Our own folders inside the workspace, with a slash at the end. */
  own: readonly string[]
}

/** Looks only: nothing is written but git's own notes on which files it has seen. */
export async function survey(git: Git, { workspace, own }: SurveyPlace): Promise<Survey> {
  const status = readStatus(
    await git.run(['status', ...asItIs, '--no-renames', '--untracked-files=all', '--ignored=matching']),
  )
  const left = new Map<string, string>(status.ignored.map((path) => [path, whyIgnored(path)]))
  const { nested, special, closed } = await walk(workspace, (folder) => left.has(folder) || own.includes(folder))
  for (const path of nested) left.set(path, 'a repository of its own')
  for (const path of own) left.set(path, 'data of this service')
  for (const path of special) left.set(path, 'a socket, pipe or device')
  for (const path of closed) left.set(path, 'cannot be read')
  const isNested = (path: string) => foldersOf(path).some((folder) => nested.has(folder) || own.includes(folder))

  const add: string[] = []
  const drop = new Set<string>([...status.tracked.filter(isNested), ...status.deleted])
  let room = snapshotFilesMax - status.tracked.length + drop.size
  const consider = (path: string, isNew: boolean) => {
    if (isNested(path) || left.has(path)) return
    const why = path.endsWith('/') ? 'a repository of its own' : whyUnfit(workspace, path)
    if (why === 'gone') drop.add(path)
    else if (why !== undefined) {
      left.set(path, why)
      if (!isNew) drop.add(path)
    } else if (isNew && room <= 0) left.set(path, `beyond the first ${snapshotFilesMax} files`)
    else {
      add.push(path)
      if (isNew) room -= 1
    }
  }
  for (const [index, path] of [...status.changed, ...status.untracked].entries()) {
    if (index % filesPerBreath === 0) await breathe()
    if (!drop.has(path)) consider(path, index >= status.changed.length)
  }
  return { add, drop: [...drop], left }
}

/** A repository that has taken the place of a file is not looked into: its own configuration names programs to run. */
const asItIs = ['--porcelain', '-z', '--ignore-submodules=all']

const filesPerBreath = 500

interface Status {
  tracked: string[]
  changed: string[]
  deleted: string[]
  untracked: string[]
  ignored: string[]
}

/** No commit is checked out in our repository, so everything in the index shows, as added. */
function readStatus(output: string): Status {
  const status: Status = { tracked: [], changed: [], deleted: [], untracked: [], ignored: [] }
  for (const record of output.split('\0')) {
    const path = record.slice(3)
    if (path === '') continue
    if (record.startsWith('??')) status.untracked.push(path)
    else if (record.startsWith('!!')) status.ignored.push(path)
    else {
      status.tracked.push(path)
      if (record[1] === 'D') status.deleted.push(path)
      else if (record[1] !== ' ') status.changed.push(path)
    }
  }
  return status
}

function whyIgnored(path: string): string {
  const name = path.split('/').findLast((part) => part !== '')
  return path.endsWith('/') && name !== undefined && generatedFolders.includes(name)
    ? 'a folder that tools fill, or ignored'
    : 'ignored'
}

/** `gone` when nothing is there; undefined for what can be held. */
function whyUnfit(workspace: string, path: string): string | undefined {
  if (path.split('/').some((name) => name.toLowerCase() === '.git')) return 'a name that git keeps for itself'
  const full = Buffer.concat([Buffer.from(`${workspace}/`), bytesOf(path)])
  try {
    const found = lstatSync(full)
    if (found.isSymbolicLink()) return undefined
    if (found.isDirectory()) return 'gone'
    if (!found.isFile()) return 'a socket, pipe or device'
    if (found.size > snapshotFileBytesMax) return `larger than ${snapshotFileBytesMax} bytes`
    accessSync(full, constants.R_OK)
    return undefined
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'cannot be read'
  }
}
