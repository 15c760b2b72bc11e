import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Folders that a restore is about to empty, kept beside the repository until it has removed them: empty ones are in no
 * tree, so a restore that is done again after a kill would not know of them.
 */
export interface PendingFolders {
  /** Of a restore that did not come to its end; paths are text whose characters are bytes. */
  read(): Promise<string[]>
  write(folders: readonly string[]): Promise<void>
  clear(): Promise<void>
}

export function pendingFolders(gitDir: string): PendingFolders {
  const file = join(gitDir, 'emptying')
  return {
    async read() {
      const text = await readFile(file, 'latin1').catch(() => '')
      return text.split('\0').filter((folder) => folder !== '')
    },
    async write(folders) {
      if (folders.length > 0) await writeFile(file, folders.join('\0'), { encoding: 'latin1', mode: 0o600 })
    },
    clear: () => rm(file, { force: true }),
  }
}
