import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

export interface FileQuery {
  readonly folder: string
  readonly pattern: RegExp
  /** Folders of this name are passed over. */
  readonly except?: RegExp
}

const filesMax = 20_000

/** Paths of files below a folder, relative to it and in order; none where there is no such folder. */
export async function listFiles({ folder, pattern, except }: FileQuery): Promise<string[]> {
  const found: string[] = []
  const waiting = [folder]
  for (let next = waiting.pop(); next !== undefined && found.length < filesMax; next = waiting.pop()) {
    const at = next
    const entries = await readdir(at, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(at, entry.name)
      if (entry.isDirectory() && !except?.test(entry.name)) waiting.push(path)
      if (entry.isFile() && pattern.test(entry.name)) found.push(relative(folder, path))
    }
  }
  return found.sort()
}
