import { type Dirent, readdirSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { errorCode } from '@auroracoder/kit/jail'
import { walkEntriesMax } from './limits.js'

export interface Walked {
  /** Folders, with a slash at the end, that hold a repository or are a submodule's. */
  nested: ReadonlySet<string>
  /** Sockets, pipes and devices. */
  special: readonly string[]
  /** Folders that could not be looked into. */
  closed: readonly string[]
}

const foldersPerBreath = 50

/** Looks for what git passes over in silence. Paths are text whose characters are bytes; `skip` has a slash at its end. */
export async function walk(workspace: string, skip: (folder: string) => boolean): Promise<Walked> {
  const nested = new Set<string>()
  const special: string[] = []
  const closed: string[] = []
  const open = ['']
  let entries = 0
  for (let visited = 0; open.length > 0 && entries < walkEntriesMax; visited += 1) {
    const folder = open.pop() ?? ''
    if (visited % foldersPerBreath === 0) await breathe()
    const found = list(workspace, folder)
    if (found === undefined) {
      closed.push(folder)
      continue
    }
    entries += found.length
    if (folder !== '' && found.some(({ name }) => name.toString('latin1') === '.git')) {
      nested.add(folder)
      continue
    }
    for (const entry of found) {
      const path = `${folder}${entry.name.toString('latin1')}`
      if (entry.isDirectory()) {
        if (path !== '.git' && !skip(`${path}/`)) open.push(`${path}/`)
      } else if (!entry.isFile() && !entry.isSymbolicLink()) special.push(path)
    }
  }
  return { nested, special, closed }
}

/** Undefined when it cannot be read; one that is gone holds nothing. */
function list(workspace: string, folder: string): Dirent<Buffer>[] | undefined {
  try {
    const path = Buffer.concat([Buffer.from(`${workspace}/`), Buffer.from(folder, 'latin1')])
    return readdirSync(path, { encoding: 'buffer', withFileTypes: true })
  } catch (error) {
    const code = errorCode(error)
    return code === 'ENOENT' || code === 'ENOTDIR' ? [] : undefined
  }
}
