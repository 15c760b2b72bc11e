import type { Random } from '../../random.js'
import type { EditCase, Row, RowContext } from '../row.js'
import { patched, sheetOf, textOf } from '../sheet.js'
import { countText, type Subject, standsOnce } from '../subject.js'
import { plainCase } from './place.js'

const plain = { mustRefuse: false, hinted: false }

export const modeAndLink: Row = {
  ...plain,
  id: 'R',
  title: 'mode and symlink',
  build: (subject, { random }) => ({
    ...plainCase(subject),
    mode: random.pick([0o755, 0o600, 0o640, 0o664]),
    linked: random.chance(0.7),
  }),
}

export const large: Row = {
  ...plain,
  id: 'S',
  title: '1 MB and one-line minified files',
  casesMax: 100,
  build: (subject, context) => (context.random.chance(0.5) ? megabyte(subject, context) : minified(subject, context)),
}

const largeBytes = 2 ** 20
const minifiedBytes = 200_000

function megabyte(subject: Subject, { filler, random }: RowContext): EditCase | undefined {
  const above = fill(filler, { bytes: random.integer(largeBytes), random })
  const below = fill(filler, { bytes: largeBytes - above.join('\n').length, random })
  const lines = [...above, ...subject.lines, ...below]
  if (!standsOnce(lines, subject.oldLines)) return undefined
  const start = subject.start + above.length
  const sheet = sheetOf({ lines, finalNewline: true })
  return {
    bytes: Buffer.from(textOf(sheet)),
    edits: [{ at: start + 1, oldLines: subject.oldLines, newLines: subject.newLines }],
    accepted: [Buffer.from(textOf(patched(sheet, { start, ops: subject.ops })))],
  }
}

/** Everything on one line, as a minifier leaves it: the edit replaces a part of that line. */
function minified(subject: Subject, { filler, random }: RowContext): EditCase | undefined {
  const { lines, start, oldLines, newLines } = subject
  const above = fill(filler, { bytes: random.integer(minifiedBytes), random })
  const below = fill(filler, { bytes: minifiedBytes - above.join(' ').length, random })
  const before = `${onOneLine([...above, ...lines.slice(0, start)])} `
  const after = ` ${onOneLine([...lines.slice(start + oldLines.length), ...below])}`
  const part = { oldText: onOneLine(oldLines), newText: onOneLine(newLines) }
  if (countText(before + part.oldText + after, part.oldText) !== 1) return undefined
  return {
    bytes: Buffer.from(before + part.oldText + after),
    edits: [{ at: 1, oldLines, newLines, part }],
    accepted: [Buffer.from(before + part.newText + after)],
    forms: ['text'],
  }
}

function onOneLine(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
}

/** So many bytes of other files, from a random line on. */
function fill(filler: readonly string[], { bytes, random }: { bytes: number; random: Random }): string[] {
  const taken: string[] = []
  let at = random.integer(filler.length)
  for (let size = 0; size < bytes; at += 1) {
    const line = filler[at % filler.length] ?? ''
    taken.push(line)
    size += line.length + 1
  }
  return taken
}
