import type { Random } from '../../random.js'
import type { Op } from '../../sources/hunks.js'
import type { Row } from '../row.js'
import { patched, type Sheet, sheetOf, textOf, withLines } from '../sheet.js'
import type { Subject } from '../subject.js'
import { plainCase } from './place.js'
import { eitherWay } from './white-space.js'

const plain = { mustRefuse: false, hinted: false }

export const carriageReturns: Row = {
  ...plain,
  id: 'G',
  title: 'CRLF file, LF needle',
  build: (subject) => withEnds(subject, (end) => (end === '' ? '' : '\r\n')),
}

export const mixedEnds: Row = {
  ...plain,
  id: 'H',
  title: 'mixed line ends',
  build(subject, { random }) {
    const inner = linesAround(subject)
    const theirs = random.pick(['\n', '\r\n'])
    // A new line has no end of its own: the lines around a change agree, the others are as they come.
    return withEnds(subject, (end, index) => {
      if (end === '') return ''
      return index >= inner.first && index <= inner.last ? theirs : random.pick(['\n', '\r\n'])
    })
  },
}

function withEnds(subject: Subject, change: (end: string, index: number) => string) {
  const plainSheet = sheetOf(subject)
  const sheet = { ...plainSheet, ends: plainSheet.ends.map(change) }
  return {
    ...plainCase(subject),
    bytes: Buffer.from(textOf(sheet)),
    accepted: [Buffer.from(textOf(patched(sheet, subject)))],
  }
}

/**
 * From the line before the first change to the line after the last, 0-based in the file; the whole hunk where a
 * changed line is also a kept one, so that the change can be told in two ways.
 */
function linesAround({ start, ops }: Subject): { first: number; last: number } {
  const isKept = ({ kind }: Op) => kind === 'keep'
  const kept = new Set(ops.filter(isKept).map(({ text }) => text))
  const old = ops.filter(({ kind }) => kind !== 'add').length
  if (ops.some((op) => !isKept(op) && kept.has(op.text))) return { first: start - 1, last: start + old }
  const before = ops.findIndex((op) => !isKept(op))
  const after = ops.length - 1 - ops.findLastIndex((op) => !isKept(op))
  return { first: start + before - 1, last: start + old - after }
}

export const curlyQuotes: Row = {
  ...plain,
  id: 'M',
  title: 'curly quotes in the file, ASCII needle',
  build(subject, { random }) {
    const { start, oldLines, ops } = subject
    // Which quotes a new line should have is a matter of taste.
    if (ops.some(({ kind, text }) => kind === 'add' && /["'‘’“”]/.test(text))) return undefined
    if (!oldLines.some((line) => /["']/.test(line))) return undefined
    const sheet = withLines(sheetOf(subject), (line, index) => {
      const inside = index >= start && index < start + oldLines.length
      return inside || random.chance(0.3) ? curly(line) : line
    })
    return { ...plainCase(subject), bytes: Buffer.from(textOf(sheet)), accepted: eitherWay(sheet, subject) }
  },
}

/** As a word processor does it: opening after white space or a bracket, else closing. */
function curly(line: string): string {
  return line.replaceAll(/(^|[\s([{=,:])?(["'])/g, (_, before: string | undefined, quote: string) => {
    const [opening, closing] = quote === '"' ? ['“', '”'] : ['‘', '’']
    return before === undefined ? closing : before + opening
  })
}

export const encodings: Row = {
  ...plain,
  id: 'Q',
  title: 'BOM, Latin-1, UTF-16',
  build(subject, { random }) {
    if (![...subject.lines, ...subject.newLines].every((line) => /^[\t\f -~]*$/.test(line))) return undefined
    const encode = random.pick(encoders)
    const accented = withAccents(subject, random)
    if (!accented) return undefined
    const sheet = sheetOf(accented)
    return {
      bytes: encode(textOf(sheet)),
      edits: [{ at: accented.start + 1, oldLines: accented.oldLines, newLines: accented.newLines }],
      accepted: [encode(textOf(patched(sheet, accented)))],
    }
  },
}

const encoders: readonly ((text: string) => Buffer)[] = [
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => Buffer.from(text, 'latin1'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
]

const accents = ' déjà vu à Zürich'

/** A line that the edit keeps, within its needle or far from it, with letters beyond ASCII. */
function withAccents(subject: Subject, random: Random): Subject | undefined {
  const { start, ops, lines, oldLines } = subject
  if (random.chance(0.5)) {
    const away = [...lines.keys()].filter((at) => at < start - 1 || at > start + oldLines.length)
    if (away.length === 0) return undefined
    const chosen = random.pick(away)
    return { ...subject, lines: accentuated(sheetOf(subject), chosen).lines }
  }
  const kept = ops.findIndex(({ kind }) => kind === 'keep')
  if (kept < 0) return undefined
  const ownOps = ops.map((op, index) => (index === kept ? { ...op, text: op.text + accents } : op))
  const at = ops.slice(0, kept).filter(({ kind }) => kind !== 'add').length
  return {
    ...subject,
    lines: accentuated(sheetOf(subject), start + at).lines,
    ops: ownOps,
    oldLines: ownOps.filter(({ kind }) => kind !== 'add').map(({ text }) => text),
    newLines: ownOps.filter(({ kind }) => kind !== 'remove').map(({ text }) => text),
  }
}

function accentuated(sheet: Sheet, line: number): Sheet {
  return withLines(sheet, (text, index) => (index === line ? text + accents : text))
}
