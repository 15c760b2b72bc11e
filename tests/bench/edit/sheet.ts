import type { Op } from '../sources/hunks.js'

/** A text as lines and their ends, which is what the rows of the benchmark perturb. */
export interface Sheet {
  readonly lines: readonly string[]
  /** In parallel; '' only for a last line without an end. */
  readonly ends: readonly string[]
}

export interface Patch {
  /** 0-based. */
  readonly start: number
  readonly ops: readonly Op[]
}

export function sheetOf({ lines, finalNewline }: { lines: readonly string[]; finalNewline: boolean }): Sheet {
  return { lines, ends: lines.map((_, index) => (index < lines.length - 1 || finalNewline ? '\n' : '')) }
}

export function textOf({ lines, ends }: Sheet): string {
  return lines.map((line, index) => line + (ends[index] ?? '')).join('')
}

/**
 * What the benchmark expects of an edit: the patch applied by its own words, without looking for anything. A line
 * that the patch keeps stays as it is in the file; a new line ends as the line before it (or else after it) does.
 */
export function patched(sheet: Sheet, { start, ops }: Patch): Sheet {
  const lines = sheet.lines.slice(0, start)
  const ends = sheet.ends.slice(0, start)
  let at = start
  let end = sheet.ends[start] ?? sheet.ends[start - 1] ?? '\n'
  for (const { kind, text } of ops) {
    if (kind !== 'add') {
      end = sheet.ends[at] ?? end
      at += 1
    }
    if (kind === 'remove') continue
    lines.push(kind === 'keep' ? (sheet.lines[at - 1] ?? '') : text)
    ends.push(end)
  }
  return { lines: [...lines, ...sheet.lines.slice(at)], ends: [...ends, ...sheet.ends.slice(at)] }
}

/** The same where the kept lines, too, become what the caller wrote of them. */
export function replaced(sheet: Sheet, { start, ops }: Patch): Sheet {
  const { lines, ends } = patched(sheet, { start, ops })
  const written = newLinesOf(ops)
  return { lines: [...lines.slice(0, start), ...written, ...lines.slice(start + written.length)], ends }
}

export function oldLinesOf(ops: readonly Op[]): string[] {
  return ops.filter(({ kind }) => kind !== 'add').map(({ text }) => text)
}

export function newLinesOf(ops: readonly Op[]): string[] {
  return ops.filter(({ kind }) => kind !== 'remove').map(({ text }) => text)
}

/** With `fresh` lines before line `at` (0-based), ended as their neighbour is. */
export function withInserted(sheet: Sheet, { at, fresh }: { at: number; fresh: readonly string[] }): Sheet {
  const end = sheet.ends[at - 1] || sheet.ends[at] || '\n'
  return {
    lines: [...sheet.lines.slice(0, at), ...fresh, ...sheet.lines.slice(at)],
    ends: [...sheet.ends.slice(0, at), ...fresh.map(() => end), ...sheet.ends.slice(at)],
  }
}

export function withLines(sheet: Sheet, change: (line: string, index: number) => string): Sheet {
  return { ...sheet, lines: sheet.lines.map(change) }
}
