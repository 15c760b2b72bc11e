import { blockLines, isBlank } from '../whitespace.js'
import type { Haystack } from './haystack.js'
import { exactFit, type Place, trailingFit } from './place.js'

/** Every occurrence of the text, also overlapping ones, as whole lines or parts of lines. */
export function findText(haystack: Haystack, needle: string): Place[] {
  const lines = blockLines(needle)
  if (lines.every((line) => line === '')) return blankLines(haystack, lines)
  const occurrences = lines.length === 1 ? withinLines(haystack, lines[0] ?? '') : acrossLines(haystack, lines)
  const places: Place[] = []
  for (const occurrence of occurrences) {
    const place = placeAt(haystack, { ...occurrence, lines, lineEnd: needle.endsWith('\n') })
    if (place) places.push(place)
  }
  return places
}

interface Occurrence {
  first: number
  startColumn: number
}

function* withinLines({ texts }: Haystack, needle: string): Generator<Occurrence> {
  for (let first = 0; first < texts.length; first += 1) {
    const text = texts[first] ?? ''
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) yield { first, startColumn: at }
  }
}

/** From within or at the start of a line, over whole lines, to within or at the end of one. */
function* acrossLines({ texts }: Haystack, lines: readonly string[]): Generator<Occurrence> {
  const [head = ''] = lines
  const last = lines.length - 1
  const tail = lines[last] ?? ''
  for (let first = 0; first + last < texts.length; first += 1) {
    const text = texts[first] ?? ''
    if (!text.endsWith(head) || texts[first + last]?.startsWith(tail) !== true) continue
    let inner = 1
    while (inner < last && texts[first + inner] === lines[inner]) inner += 1
    if (inner === last) yield { first, startColumn: text.length - head.length }
  }
}

interface Attempt extends Occurrence {
  lines: string[]
  /** Whether the needle ends with a line end. */
  lineEnd: boolean
}

function placeAt(
  { texts, finalNewline }: Haystack,
  { first, startColumn, lines, lineEnd }: Attempt,
): Place | undefined {
  const last = first + lines.length - 1
  const lastText = texts[last] ?? ''
  const endColumn = (lines.length === 1 ? startColumn : 0) + (lines.at(-1)?.length ?? 0)
  const endsLine = endColumn === lastText.length
  if (startColumn === 0 && endsLine) return { first, last, needle: lines, fit: exactFit }
  const onlyBlanksFollow = startColumn === 0 && isBlank(lastText.slice(endColumn))
  // Several lines up to the trailing whitespace of the last one are meant as lines.
  if (onlyBlanksFollow && lines.length > 1) return { first, last, needle: lines, fit: trailingFit }
  const fileEndsHere = endsLine && last === texts.length - 1 && !finalNewline
  if (lineEnd && (!endsLine || fileEndsHere)) return undefined
  const needle = lineEnd ? [...lines, ''] : lines
  return { first, last, part: { startColumn, endColumn, takesLineEnd: lineEnd }, needle, fit: exactFit }
}

/** A needle of line ends alone means blank lines: as a part of lines it would occur at the end of every line. */
function blankLines({ texts }: Haystack, lines: string[]): Place[] {
  const places: Place[] = []
  for (let first = 0; first + lines.length <= texts.length; first += 1) {
    if (lines.every((_, index) => texts[first + index] === '')) {
      places.push({ first, last: first + lines.length - 1, needle: lines, fit: exactFit })
    }
  }
  return places
}
