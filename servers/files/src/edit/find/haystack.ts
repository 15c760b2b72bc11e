import { hasFinalNewline, type TextDocument } from '../../text/document.js'

/** The lines that a place is looked for in. */
export interface Haystack {
  readonly texts: readonly string[]
  /** Whether the last line ends. */
  readonly finalNewline: boolean
}

export function haystackOf(document: TextDocument): Haystack {
  return { texts: document.lines.texts, finalNewline: hasFinalNewline(document) }
}

export function haystackFromLines(texts: readonly string[]): Haystack {
  return { texts, finalNewline: true }
}
