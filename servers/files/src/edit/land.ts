import type { TextDocument } from '../text/document.js'
import { type Eol, splitLines, withLineFeeds } from '../text/lines.js'
import { textBetween, textLength } from '../text/offsets.js'
import type { Place } from './find/place.js'
import { eolsFor } from './fit/eols.js'
import { fitLines } from './fit/fit-lines.js'
import { isRefused, type Outcome } from './request.js'
import type { Span } from './spans.js'
import { blockLines } from './whitespace.js'

/** New text in its place, and both sides as they really are: what a repetition of the edit would send. */
export interface Landing {
  readonly span: Span
  /** How many line ends its text must have: fewer mean that two of them ran together. */
  readonly lineEnds: number
  /** LF line ends. For whole lines in the form that `blockLines` reads. */
  readonly oldText: string
  readonly newText: string
}

export function replaceAt(document: TextDocument, place: Place, newText: string): Outcome<Landing> {
  return place.part ? replacePart(document, place, newText) : replaceLines(document, place, newText)
}

export function insertBeside(
  document: TextDocument,
  place: Place,
  { newText, side }: { newText: string; side: 'before' | 'after' },
): Outcome<Landing> {
  const { first, last } = place
  const { texts, starts } = document.lines
  const file = texts.slice(first, last + 1)
  const fitted = fitLines({ ...place, needle: wholeNeedle(place, file) }, file, blockLines(withLineFeeds(newText)))
  if (isRefused(fitted)) return fitted
  if (fitted.ok.length === 0) return { refused: '"new_text" is empty, so there is nothing to insert.' }
  const eol = nearestEol(document, side === 'before' ? first : last)
  const at = side === 'before' ? (starts[first] ?? 0) : endOfLine(document, last)
  return {
    ok: {
      span: { start: at, end: at, text: fitted.ok.map((line) => line + eol).join(''), rank: side === 'after' ? 0 : 1 },
      lineEnds: fitted.ok.length,
      oldText: blockText(file),
      newText: blockText(fitted.ok),
    },
  }
}

/** At the start or end of the file. What fills an empty file stands there exactly as it was sent. */
export function insertAtEdge(document: TextDocument, newText: string, side: 'before' | 'after'): Outcome<Landing> {
  const count = document.lines.texts.length
  if (count === 0) {
    const lineEnds = countLineEnds(newText)
    return { ok: { span: { start: 0, end: 0, text: newText, rank: 1 }, lineEnds, oldText: '', newText } }
  }
  const lines = blockLines(withLineFeeds(newText))
  if (lines.length === 0) return { refused: '"new_text" is empty, so there is nothing to insert.' }
  const line = side === 'before' ? 0 : count - 1
  const at = side === 'before' ? 0 : endOfLine(document, line)
  const eol = nearestEol(document, line)
  const text = lines.map((content) => content + eol).join('')
  const span: Span = { start: at, end: at, text, rank: side === 'after' ? 0 : 1 }
  return { ok: { span, lineEnds: lines.length, oldText: '', newText } }
}

function replaceLines(document: TextDocument, place: Place, newText: string): Outcome<Landing> {
  const { first, last } = place
  const { texts, eols, starts } = document.lines
  const file = texts.slice(first, last + 1)
  const fitted = fitLines(place, file, blockLines(withLineFeeds(newText)))
  if (isRefused(fitted)) return fitted
  const old = { texts: file, eols: eols.slice(first, last + 1), neighbour: nearestEol(document, first) }
  const newEols = eolsFor(old, fitted.ok)
  return {
    ok: {
      span: {
        start: starts[first] ?? 0,
        end: endOfLine(document, last),
        text: fitted.ok.map((line, index) => line + newEols[index]).join(''),
        rank: 1,
      },
      lineEnds: fitted.ok.length,
      oldText: blockText(file),
      newText: blockText(fitted.ok),
    },
  }
}

function replacePart(document: TextDocument, place: Place, newText: string): Outcome<Landing> {
  const { starts, eols } = document.lines
  const { startColumn = 0, endColumn = 0, takesLineEnd = false } = place.part ?? {}
  const start = (starts[place.first] ?? 0) + startColumn
  const eol = takesLineEnd ? (eols[place.last] ?? '') : ''
  const end = (starts[place.last] ?? 0) + endColumn + eol.length
  const pieces = splitPieces(textBetween(document.lines, start, end))
  const fitted = fitLines(place, pieces.texts, withLineFeeds(newText).split('\n'))
  if (isRefused(fitted)) return fitted
  const newEols = eolsFor({ ...pieces, neighbour: nearestEol(document, place.last) }, fitted.ok)
  const lastPiece = fitted.ok.length - 1
  const text = fitted.ok.map((piece, index) => (index < lastPiece ? piece + newEols[index] : piece)).join('')
  return {
    ok: {
      span: { start, end, text, rank: 1 },
      lineEnds: lastPiece,
      oldText: pieces.texts.join('\n'),
      newText: fitted.ok.join('\n'),
    },
  }
}

/** Like lines, but what follows the last line end is a piece too, even when it is empty. */
function splitPieces(text: string): { texts: readonly string[]; eols: readonly (Eol | '')[] } {
  const { texts, eols } = splitLines(text)
  return eols.at(-1) === '' ? { texts, eols } : { texts: [...texts, ''], eols: [...eols, ''] }
}

function wholeNeedle(place: Place, file: readonly string[]): readonly string[] {
  return place.part ? file : place.needle
}

/** Lines as one block from which `blockLines` gives the same lines. */
function blockText(lines: readonly string[]): string {
  return lines.join('\n') + (lines.at(-1) === '' ? '\n' : '')
}

/** Offset after the line and its end. A last line without one is treated as if it had one of length 1 (see spans). */
function endOfLine({ lines }: TextDocument, line: number): number {
  return lines.starts[line + 1] ?? textLength(lines) + (lines.eols[line] === '' ? 1 : 0)
}

function nearestEol({ lines }: TextDocument, line: number): Eol {
  return lines.eols[line] || lines.eols[line - 1] || lines.eols[line + 1] || '\n'
}

export function countLineEnds(text: string): number {
  return splitLines(text).eols.filter((eol) => eol !== '').length
}
