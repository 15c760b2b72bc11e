import { readFile } from 'node:fs/promises'
import type { CredentialStore } from '@auroracoder/kit/client'
import { writePrivate } from '../kept/index.js'

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
    write: (credentials) => writePrivate(file, JSON.stringify(credentials)),
  }
}
