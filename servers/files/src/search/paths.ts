import type { Folder } from './folder.js'
import { type Vocabulary, vocabularyOf } from './vocabulary.js'

/** Paths as they are searched. */
export interface Paths {
  readonly folders: readonly Folder[]
  /** One after the other, side by side: a search passes over most paths without a look at the rest of them. */
  readonly masks: Int32Array
  /** Made when it is first asked for: few searches do. */
  vocabulary(): Vocabulary
}

export function pathsOf(folders: readonly Folder[]): Paths {
  let vocabulary: Vocabulary | undefined
  return {
    folders,
    masks: Int32Array.from(folders.flatMap(({ masks }) => masks)),
    vocabulary() {
      vocabulary ??= vocabularyOf(folders)
      return vocabulary
    },
  }
}
