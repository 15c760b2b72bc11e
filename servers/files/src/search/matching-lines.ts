import type { TextDocument } from '../text/document.js'
import type { Match } from './ripgrep.js'

/** Numbers (1-based) of the matching lines as views count them: a lone CR ends a line here, but not for ripgrep. */
export function matchingLines({ lines }: TextDocument, matches: readonly Match[]): number[] {
  const found = new Set<number>()
  if (!lines.eols.includes('\r')) {
    for (const { line } of matches) found.add(line)
  } else {
    const starts = startsByLineFeed(lines.eols)
    for (const { line, rows } of matches) for (const row of rows) found.add((starts[line - 1] ?? 0) + row + 1)
  }
  return [...found].filter((line) => line <= lines.texts.length).sort((left, right) => left - right)
}

/** Index of the first of our lines in each line that ends with LF. */
function startsByLineFeed(eols: readonly string[]): number[] {
  const starts = [0]
  for (const [index, eol] of eols.entries()) if (eol.endsWith('\n')) starts.push(index + 1)
  return starts
}
