import type { TextDocument } from '../../text/document.js'

/** The lines that a place is looked for in, also as one text with LF line ends. */
export interface Haystack {
  readonly texts: readonly string[]
  readonly text: string
  /** Offset in `text` of each line. */
  readonly starts: readonly number[]
}

export function haystackOf({ lines, plain }: TextDocument): Haystack {
  return { texts: lines.texts, text: plain.text, starts: plain.starts }
}

export function haystackFromLines(texts: readonly string[]): Haystack {
  const starts: number[] = []
  let start = 0
  for (const text of texts) {
    starts.push(start)
    start += text.length + 1
  }
  return { texts, text: texts.map((text) => `${text}\n`).join(''), starts }
}

/** Index of the line that the offset lies in. */
export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
