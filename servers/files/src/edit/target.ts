import type { Wanted } from './find/stages.js'
import { type EditRequest, formatLineSpan, type Outcome } from './request.js'

/** What an edit is about: something in the file, or the start or end of it. */
export type Target = Wanted | { readonly kind: 'edge'; readonly side: 'before' | 'after' }

/** `texts` are the lines of the file. */
export function targetOf(request: EditRequest, texts: readonly string[]): Outcome<Target> {
  const { oldText, firstLine } = request
  if (oldText) return texts.length === 0 ? emptyFile : { ok: { kind: 'text', text: oldText } }
  if (firstLine !== undefined && texts.length > 0) return anchors(request, firstLine, texts)
  if (firstLine) return emptyFile
  if (texts.length === 0) return { ok: { kind: 'edge', side: 'after' } }
  if (request.lines) return { refused: missingAnchor(request, texts) }
  if (request.insert) return { ok: { kind: 'edge', side: request.insert } }
  return {
    refused:
      'It has neither "old_text" nor "lines" with "first_line", and the file is not empty. Give one of them; to append, set "insert": "after" without an anchor; to replace the whole file, use write_file.',
  }
}

const emptyFile = {
  refused: 'The file is empty, so there is nothing to find. Give "new_text" alone to fill it.',
}

function anchors(request: EditRequest, firstLine: string, texts: readonly string[]): Outcome<Target> {
  const { lines, lastLine } = request
  if (firstLine.includes('\n')) {
    if (lastLine === undefined) return { ok: { kind: 'text', text: firstLine } }
    return { refused: '"first_line" must be one line. Use "old_text" for several.' }
  }
  const height = lines && lines.last - lines.first + 1
  if (lastLine === undefined) {
    if (lines === undefined || height === 1) return { ok: { kind: 'lines', first: firstLine } }
    return {
      refused: `"lines" is ${formatLineSpan(lines)} but "last_line" is missing.${quoteLine(texts, lines.last)}`,
    }
  }
  if (lastLine.includes('\n')) return { refused: '"last_line" must be one line. Use "old_text" for several.' }
  if (height === 1 && lastLine === firstLine) return { ok: { kind: 'lines', first: firstLine } }
  return { ok: { kind: 'lines', first: firstLine, last: lastLine, height: height === 1 ? undefined : height } }
}

function missingAnchor({ lines }: EditRequest, texts: readonly string[]): string {
  const wanted = lines && lines.first !== lines.last ? '"first_line" and "last_line"' : '"first_line"'
  const shown = lines
    ? quoteLine(texts, lines.first) + (lines.last > lines.first ? quoteLine(texts, lines.last) : '')
    : ''
  return `"lines" needs ${wanted}, the content of the boundary lines, so that a wrong number cannot hit a wrong line.${shown}`
}

function quoteLine(texts: readonly string[], line: number): string {
  const text = texts[line - 1]
  return text === undefined
    ? ` The file has ${texts.length} lines.`
    : ` Line ${line} is now ${JSON.stringify(text.slice(0, 200))}.`
}
