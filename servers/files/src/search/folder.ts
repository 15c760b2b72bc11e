import { fold, maskOf } from './letters.js'

/** The files of one directory, prepared for comparison. "Folded" is without case, with the same positions. */
export interface Folder {
  /** How their paths begin: "" or "src/tools/". */
  readonly prefix: string
  readonly foldedPrefix: string
  readonly names: readonly string[]
  readonly foldedNames: readonly string[]
  /** Of their paths: what lacks a character of a word cannot match it. */
  readonly masks: readonly number[]
}

export function folderOf(prefix: string, names: readonly string[]): Folder {
  const foldedPrefix = fold(prefix)
  const foldedNames = names.map(fold)
  const maskOfPrefix = maskOf(foldedPrefix)
  const hasCase = names.some((name, index) => name !== foldedNames[index])
  return {
    prefix,
    foldedPrefix,
    names,
    // Most names are the same without case, and then they are kept once.
    foldedNames: hasCase ? foldedNames : names,
    masks: foldedNames.map((name) => maskOfPrefix | maskOf(name)),
  }
}
