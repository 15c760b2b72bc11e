import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CredentialStore } from '@auroracoder/kit/client'

/** Keeps tokens in a file that only its owner can read, whole or not at all. */
export function createCredentialFile(file: string): CredentialStore {
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      try {
        return JSON.parse(text)
      } catch {
        // The next token replaces it.
        return undefined
      }
    },
    async write(credentials) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      const next = `${file}.${process.pid}.new`
      await writeFile(next, JSON.stringify(credentials), { mode: 0o600 })
      await rename(next, file)
    },
  }
}
