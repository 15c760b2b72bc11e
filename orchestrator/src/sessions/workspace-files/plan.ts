import { uploadFilesMax } from './limits.js'
import { parseFilePath, parsePath, refused, tooLarge } from './paths.js'
import type { Ready } from './place.js'

/** Where each file of an upload goes; no two to one place, none into another. */
export interface Plan {
  /** Answers the name under which it is to be staged. */
  add(path: string): string
  settle(staged: string, outcome: { bytes: number; executable: boolean }): void
  ready(): Ready[]
}

export function createPlan(base: readonly string[]): Plan {
  const files = new Map<string, Ready>()
  const folders = new Set<string>()
  return {
    add(path) {
      const names = [...base, ...parseFilePath(path)]
      parsePath(names.join('/'))
      const whole = names.join('/')
      const parents = names.slice(0, -1).map((_, depth) => names.slice(0, depth + 1).join('/'))
      if (files.has(whole)) throw refused('bad_upload', path, 'Expected every path once, found it twice')
      if (folders.has(whole) || parents.some((parent) => files.has(parent))) {
        throw refused('bad_upload', path, 'Expected a file or a folder, found both under one path')
      }
      if (files.size >= uploadFilesMax) throw tooLarge(`at most ${uploadFilesMax} files`, path)
      for (const parent of parents) folders.add(parent)
      const staged = `file-${files.size}`
      files.set(whole, { staged, names, bytes: 0, executable: false })
      return staged
    },
    settle(staged, outcome) {
      for (const file of files.values()) if (file.staged === staged) Object.assign(file, outcome)
    },
    ready: () => [...files.values()],
  }
}
