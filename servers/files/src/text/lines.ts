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
  return text.includes('\r') ? splitAtAnyEol(text) : splitAtLineFeed(text)
}

export function joinLines({ texts, eols }: Pick<Lines, 'texts' | 'eols'>): string {
  return texts.map((text, index) => text + (eols[index] ?? '')).join('')
}

/** The text with every line end as LF: what a model sends and what its needles are compared with. */
export function withLineFeeds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function splitAtLineFeed(text: string): Lines {
  const texts: string[] = []
  const eols: (Eol | '')[] = []
  const starts: number[] = []
  let start = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
    texts.push(text.slice(start, at))
    eols.push('\n')
    starts.push(start)
    start = at + 1
  }
  if (start < text.length) {
    texts.push(text.slice(start))
    eols.push('')
    starts.push(start)
  }
  return { texts, eols, starts }
}

function splitAtAnyEol(text: string): Lines {
  const texts: string[] = []
  const eols: (Eol | '')[] = []
  const starts: number[] = []
  let start = 0
  for (const match of text.matchAll(/\r\n?|\n/g)) {
    texts.push(text.slice(start, match.index))
    eols.push(eolOf(match[0]))
    starts.push(start)
    start = match.index + match[0].length
  }
  if (start < text.length) {
    texts.push(text.slice(start))
    eols.push('')
    starts.push(start)
  }
  return { texts, eols, starts }
}

function eolOf(found: string): Eol {
  if (found === '\r\n') return '\r\n'
  return found === '\r' ? '\r' : '\n'
}
