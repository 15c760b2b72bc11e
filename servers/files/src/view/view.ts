import type { View, ViewRange } from '@auroracoder/kit/wire'
import { addLines, hasLine, type LineSet } from '../history/line-set.js'
import { eolStyle, hasFinalNewline, lineCount, type TextDocument } from '../text/document.js'
import type { LineRequest } from './line-request.js'

export const viewLinesMax = 2_000
export const viewCharsMax = 60_000
export const lineCharsMax = 2_000

export interface ViewOptions {
  /** As the file is named to the model. */
  readonly path: string
  /** Absent: the whole file, as far as it fits. */
  readonly requests?: readonly LineRequest[] | undefined
  readonly charsMax: number
}

export interface Shown {
  readonly view: View
  /** Lines shown from end to end. */
  readonly lines: LineSet
  /** Numbers of lines of which only columns are shown. */
  readonly cutLines: readonly number[]
  readonly chars: number
}

/** The file as it is, or as much of what was asked as fits. */
export function viewOf(document: TextDocument, { path, requests, charsMax }: ViewOptions): Shown {
  const wanted = requests ? merged(requests) : [{ first: 1, last: Number.POSITIVE_INFINITY }]
  const page = startPage(document, Math.min(charsMax, viewCharsMax))
  for (const request of wanted) {
    const last = Math.min(request.last, lineCount(document))
    for (let line = request.first; line <= last && page.hasRoom(); line += 1) page.add(line, request.columns)
  }
  const { ranges, lines, cutLines, chars } = page.end()
  return { view: { ...headOf(document, path), ranges }, lines, cutLines, chars }
}

/** Every line from end to end, whatever the size: for who has the text already. */
export function wholeView(document: TextDocument, path: string): View {
  const { texts } = document.lines
  return { ...headOf(document, path), ranges: texts.length > 0 ? [{ start: 1, lines: [...texts] }] : [] }
}

function headOf(document: TextDocument, path: string): Omit<View, 'ranges'> {
  return {
    path,
    revision: document.revision,
    lineCount: lineCount(document),
    encoding: document.encoding.name,
    eol: eolStyle(document),
    finalNewline: hasFinalNewline(document),
  }
}

/** In order, and no line twice, except for other columns of it. */
function merged(requests: readonly LineRequest[]): LineRequest[] {
  const whole = addLines(
    [],
    requests.filter(({ columns }) => !columns),
  )
  const columns = requests.filter((request) => request.columns)
  // A range is parted behind a line of which columns are asked for as well, so that they stand beside it.
  const parted = columns.reduce<LineSet>((set, { first }) => partedAfter(set, first), whole)
  return [...parted, ...columns].sort((left, right) => left.first - right.first)
}

function partedAfter(set: LineSet, line: number): LineSet {
  return set.flatMap(({ first, last }) =>
    first <= line && line < last
      ? [
          { first, last: line },
          { first: line + 1, last },
        ]
      : [{ first, last }],
  )
}

interface Page {
  hasRoom(): boolean
  add(line: number, columns: readonly [number, number] | undefined): void
  end(): { ranges: ViewRange[]; lines: LineSet; cutLines: number[]; chars: number }
}

function startPage({ lines: { texts } }: TextDocument, charsMax: number): Page {
  const ranges: ViewRange[] = []
  const lines: { first: number; last: number }[] = []
  const cutLines: number[] = []
  /** Number, tab and line end. */
  const frameChars = String(texts.length).length + 2
  let count = 0
  let chars = 0

  const addWhole = (line: number, text: string): void => {
    const range = ranges.at(-1)
    const open = lines.at(-1)
    if (range && open && !range.columns && open.last === line - 1 && range.start === open.first) {
      range.lines.push(text)
      open.last = line
    } else {
      ranges.push({ start: line, lines: [text] })
      lines.push({ first: line, last: line })
    }
  }

  return {
    hasRoom: () => count < viewLinesMax && chars < charsMax,
    add(line, columns) {
      if (columns && hasLine(lines, line)) return
      const text = texts[line - 1] ?? ''
      const room = charsMax - chars - frameChars
      if (columns || text.length > lineCharsMax) {
        const part = cutColumns(text, columns ?? [1, lineCharsMax], Math.max(room, 1))
        ranges.push({ start: line, lines: [part.text], columns: part.columns })
        cutLines.push(line)
        chars += part.text.length + frameChars
      } else if (text.length <= room || count === 0) {
        addWhole(line, text)
        chars += text.length + frameChars
      } else chars = charsMax
      count += 1
    },
    end: () => ({ ranges, lines, cutLines, chars }),
  }
}

interface Cut {
  text: string
  columns: [number, number]
}

function cutColumns(text: string, [first, last]: readonly [number, number], room: number): Cut {
  const start = Math.min(first, text.length || 1)
  const end = Math.min(last, start + Math.min(lineCharsMax, room) - 1, Math.max(text.length, 1))
  return { text: text.slice(start - 1, end), columns: [start, Math.max(end, start)] }
}
