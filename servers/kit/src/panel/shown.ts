import type { Edit, Hunk, PanelChange, View } from '../wire/panel.js'

/** Columns of a long line, 1-based and inclusive. */
export interface ShownColumns {
  first: number
  last: number
  text: string
}

/** What a reader of the panel's text can see of one file. */
export interface ShownFile {
  path: string
  revision: string
  lineCount: number
  encoding: string
  eol: View['eol']
  finalNewline: boolean
  /** By line number. */
  lines: ReadonlyMap<number, string>
  /** By line number: parts of lines that are too long to be shown whole. */
  columns: ReadonlyMap<number, readonly ShownColumns[]>
}

/** The open files by key, in the order in which they were opened. */
export type Shown = ReadonlyMap<string, ShownFile>

export const nothingShown: Shown = new Map()

/** What is shown after a change: views add to what was shown of the same revision, edits carry it along. */
export function applyChange(shown: Shown, change: PanelChange): Shown {
  const next = new Map(shown)
  switch (change.kind) {
    case 'closed':
    case 'deleted':
      next.delete(change.key)
      return next
    case 'moved':
      return renamed(shown, change.key, change.to ?? change.key)
    case 'replaced':
      return shown
    case 'opened':
    case 'edited':
    case 'drifted': {
      const before = next.get(change.key)
      const file = change.view ? withView(before, change.view) : change.edit && before && withEdit(before, change.edit)
      if (file) next.set(change.key, file)
      return next
    }
  }
}

/** What is shown of a file, as a view of it. */
export function viewOfShown(file: ShownFile): View {
  const numbers = [...new Set([...file.lines.keys(), ...file.columns.keys()])].sort((a, b) => a - b)
  const ranges: View['ranges'] = []
  for (const number of numbers) {
    const text = file.lines.get(number)
    const last = ranges.at(-1)
    if (text === undefined) {
      for (const part of file.columns.get(number) ?? []) {
        ranges.push({ start: number, lines: [part.text], columns: [part.first, part.last] })
      }
    } else if (last && !last.columns && last.start + last.lines.length === number) last.lines.push(text)
    else ranges.push({ start: number, lines: [text] })
  }
  const { path, revision, lineCount, encoding, eol, finalNewline } = file
  return { path, revision, lineCount, encoding, eol, finalNewline, ranges }
}

function withView(before: ShownFile | undefined, view: View): ShownFile {
  const { ranges, ...facts } = view
  const isSame = before?.revision === view.revision
  const lines = new Map(isSame ? before.lines : [])
  const columns = new Map(isSame ? before.columns : [])
  for (const range of ranges) {
    for (const [index, text] of range.lines.entries()) {
      const number = range.start + index
      if (range.columns) addColumns(columns, number, { first: range.columns[0], last: range.columns[1], text })
      else lines.set(number, text)
    }
  }
  for (const number of lines.keys()) columns.delete(number)
  return { ...facts, lines, columns }
}

function addColumns(columns: Map<number, readonly ShownColumns[]>, number: number, part: ShownColumns): void {
  const others = (columns.get(number) ?? []).filter(({ first, last }) => first !== part.first || last !== part.last)
  columns.set(
    number,
    [...others, part].sort((a, b) => a.first - b.first || a.last - b.last),
  )
}

function withEdit(before: ShownFile, edit: Edit): ShownFile {
  const lines = carried(before.lines, edit.hunks)
  for (const { newStart, lines: texts } of edit.hunks) {
    for (const [index, text] of texts.entries()) lines.set(newStart + index, text)
  }
  return {
    ...before,
    revision: edit.newRevision,
    lineCount: edit.lineCount,
    finalNewline: edit.finalNewline,
    lines,
    columns: carried(before.columns, edit.hunks),
  }
}

/** Entries of untouched lines under the numbers that those lines have after the hunks. */
function carried<T>(entries: ReadonlyMap<number, T>, hunks: readonly Hunk[]): Map<number, T> {
  const after = new Map<number, T>()
  for (const [number, entry] of entries) {
    const moved = carriedLine(number, hunks)
    if (moved !== undefined) after.set(moved, entry)
  }
  return after
}

function carriedLine(number: number, hunks: readonly Hunk[]): number | undefined {
  let delta = 0
  for (const { oldStart, oldCount, lines } of hunks) {
    if (number < oldStart) break
    if (number < oldStart + oldCount) return undefined
    delta += lines.length - oldCount
  }
  return number + delta
}

function renamed(shown: Shown, from: string, to: string): Shown {
  const entries = [...shown].filter(([key]) => key !== to)
  return new Map(entries.map(([key, file]) => (key === from ? [to, { ...file, path: to }] : [key, file])))
}
