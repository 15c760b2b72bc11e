import type { Random } from '../../random.js'
import type { Row } from '../row.js'
import { patched, type Sheet, sheetOf, textOf, withInserted, withLines } from '../sheet.js'
import type { Subject } from '../subject.js'
import { plainCase } from './place.js'

export const staleInterior: Row = {
  id: 'I',
  title: 'an interior line changed since shown',
  mustRefuse: true,
  hinted: false,
  build(subject, { random }) {
    const chosen = interiorLine(subject, random)
    if (chosen === undefined) return undefined
    const at = subject.start + chosen
    const changed = withLines(sheetOf(subject), (line, index) => (index === at ? withOtherWord(line, random) : line))
    return { ...plainCase(subject), changed: Buffer.from(textOf(changed)), accepted: [] }
  },
}

/** By lines, whose middle is not sent, it is the last line that does not exist. */
export const hallucinated: Row = {
  id: 'J',
  title: 'hallucinated middle',
  mustRefuse: true,
  hinted: false,
  build(subject, { random }) {
    const { oldLines } = subject
    const chosen = interiorLine(subject, random)
    const last = oldLines.at(-1) ?? ''
    if (chosen === undefined || last.trim() === '') return undefined
    const believed = oldLines.map((line, index) => (index === chosen ? withOtherWord(line, random) : line))
    const lastLine = withOtherWord(last, random)
    const exists = [believed[chosen] ?? '', lastLine].some((text) =>
      subject.lines.some((line) => line.trim() === text.trim()),
    )
    if (exists) return undefined
    const plain = plainCase(subject)
    return { ...plain, edits: plain.edits.map((edit) => ({ ...edit, oldLines: believed, lastLine })), accepted: [] }
  },
}

function interiorLine({ oldLines }: Subject, random: Random): number | undefined {
  const interior = [...oldLines.keys()].slice(1, -1).filter((index) => oldLines[index]?.trim() !== '')
  return interior.length === 0 ? undefined : random.pick(interior)
}

/** Other content by one word or sign, not by white space or typography. */
function withOtherWord(line: string, random: Random): string {
  const words = [...line.matchAll(/\w+/g)]
  if (words.length === 0) return `${line}x`
  const { 0: word, index } = random.pick(words)
  const other = /^\d+$/.test(word) ? `${Number(word) + 1}` : `${word}x`
  return line.slice(0, index) + other + line.slice(index + word.length)
}

export const changeElsewhere: Row = {
  id: 'P',
  title: 'concurrent change elsewhere',
  mustRefuse: false,
  hinted: true,
  build(subject, { random }) {
    const change = random.chance(0.7) ? changeAbove(subject, random) : changeBelow(subject, random)
    if (!change) return undefined
    const { sheet, shift } = change
    const patch = { start: subject.start + shift, ops: subject.ops }
    return {
      ...plainCase(subject),
      changed: Buffer.from(textOf(sheet)),
      accepted: [Buffer.from(textOf(patched(sheet, patch)))],
    }
  },
}

interface ChangedSheet {
  sheet: Sheet
  /** By how many lines the subject has moved. */
  shift: number
}

const distanceMin = 5

function changeAbove(subject: Subject, random: Random): ChangedSheet | undefined {
  const room = subject.start - distanceMin
  if (room < 1) return undefined
  const sheet = sheetOf(subject)
  const at = random.integer(room)
  if (random.chance(0.3)) {
    const without = (_: string, index: number) => index !== at
    return { sheet: { lines: sheet.lines.filter(without), ends: sheet.ends.filter(without) }, shift: -1 }
  }
  const fresh = freshLines(random)
  return { sheet: withInserted(sheet, { at, fresh }), shift: fresh.length }
}

function changeBelow(subject: Subject, random: Random): ChangedSheet | undefined {
  const first = subject.start + subject.oldLines.length + distanceMin
  if (first >= subject.lines.length) return undefined
  const at = random.between(first, subject.lines.length - 1)
  return { sheet: withInserted(sheetOf(subject), { at, fresh: freshLines(random) }), shift: 0 }
}

function freshLines(random: Random): string[] {
  return Array.from({ length: random.between(1, 9) }, (_, index) => `added meanwhile by another (${index + 1})`)
}
