export type Eol = '\n' | '\r\n' | '\r'

/** Lines of a text. Only LF, CRLF and a lone CR end a line: form feed, NEL and U+2028 are content. */
export interface Lines {
  /** Without line ends. An empty text has no line; a final line end does not begin another one. */
  readonly texts: readonly string[]
  /** `''` only for a last line that the file does not end. */
  readonly eols: readonly (Eol | '')[]
  /** Offset of each line's first character, in UTF-16 units. */
  readonly starts: readonly number[]
}

export function splitLines(text: string): Lines {
  const texts: string[] = []
  const eols: (Eol | '')[] = []
  const starts: number[] = []
  let start = 0
  let feed = indexOf(text, '\n', 0)
  let carriage = indexOf(text, '\r', 0)
  while (feed < never || carriage < never) {
    const end = Math.min(feed, carriage)
    const eol = end === feed ? '\n' : carriage + 1 === feed ? '\r\n' : '\r'
    texts.push(text.slice(start, end))
    eols.push(eol)
    starts.push(start)
    start = end + eol.length
    if (feed < start) feed = indexOf(text, '\n', start)
    if (carriage < start) carriage = indexOf(text, '\r', start)
  }
  if (start < text.length) {
    texts.push(text.slice(start))
    eols.push('')
    starts.push(start)
  }
  return { texts, eols, starts }
}

/** Behind every line end that there can be. */
const never = Number.MAX_SAFE_INTEGER

function indexOf(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from)
  return index < 0 ? never : index
}

export interface LineSplice {
  /** Lines `first` up to, not including, `end` became `text`, which ends where they ended. */
  readonly first: number
  readonly end: number
  readonly text: string
}

/** The lines of a text of which a part was replaced: the others are the same strings as before. */
export function spliceLines(lines: Lines, { first, end, text }: LineSplice): Lines {
  const fresh = splitLines(text)
  const from = lines.starts[first] ?? 0
  const oldEnd = lines.starts[end]
  const delta = oldEnd === undefined ? 0 : from + text.length - oldEnd
  return {
    texts: [...lines.texts.slice(0, first), ...fresh.texts, ...lines.texts.slice(end)],
    eols: [...lines.eols.slice(0, first), ...fresh.eols, ...lines.eols.slice(end)],
    starts: [
      ...lines.starts.slice(0, first),
      ...fresh.starts.map((start) => start + from),
      ...lines.starts.slice(end).map((start) => start + delta),
    ],
  }
}

export function joinLines({ texts, eols }: Pick<Lines, 'texts' | 'eols'>): string {
  return texts.map((text, index) => text + (eols[index] ?? '')).join('')
}

/** The text with every line end as LF: what a model sends and what its needles are compared with. */
export function withLineFeeds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}
