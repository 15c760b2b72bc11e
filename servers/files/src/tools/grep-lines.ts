import type { TextDocument } from '../text/document.js'

export interface MatchBlock {
  readonly document: TextDocument
  /** Matching lines, 1-based, in order. */
  readonly lines: readonly number[]
  readonly context: number
  readonly charsMax: number
}

const lineCharsMax = 400

/** Matching lines of one file with their neighbours, as far as they fit. `count`: how many matches. */
export function renderMatches({ document, lines, context, charsMax }: MatchBlock): { text: string; count: number } {
  const { texts } = document.lines
  const width = String(Math.min((lines.at(-1) ?? 0) + context, texts.length)).length
  const isMatch = new Set(lines)
  const rows: string[] = []
  let chars = 0
  let next = 1
  let count = 0
  for (const line of lines) {
    if (chars > charsMax) break
    const first = Math.max(line - context, next)
    if (context > 0 && first > next && rows.length > 0) rows.push('…')
    const last = Math.min(line + context, texts.length)
    for (let at = first; at <= last; at += 1) {
      // A context line that is a match of its own comes in its turn, so that it is counted.
      if (at > line && isMatch.has(at)) break
      const row = `${String(at).padStart(width)}${isMatch.has(at) ? ':' : '-'}\t${cut(texts[at - 1] ?? '')}`
      rows.push(row)
      chars += row.length + 1
      next = at + 1
    }
    count += 1
  }
  return { text: rows.join('\n'), count }
}

function cut(text: string): string {
  return text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}… (${text.length} characters)` : text
}
