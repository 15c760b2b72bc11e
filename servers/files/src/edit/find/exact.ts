import { blockLines, isBlank } from '../whitespace.js'
import { type Haystack, lineAt } from './haystack.js'
import { exactFit, type Place, trailingFit } from './place.js'

/** Every occurrence of the text, also overlapping ones, as whole lines or parts of lines. */
export function findText(haystack: Haystack, needle: string): Place[] {
  const lines = blockLines(needle)
  const block = lines.join('\n')
  if (/^\n*$/.test(block)) return blankLines(haystack, lines)
  const places: Place[] = []
  for (let at = haystack.text.indexOf(block); at >= 0; at = haystack.text.indexOf(block, at + 1)) {
    const place = placeAt(haystack, { at, lines, length: block.length, lineEnd: needle.endsWith('\n') })
    if (place) places.push(place)
  }
  return places
}

interface Occurrence {
  at: number
  length: number
  lines: string[]
  /** Whether the needle ends with a line end. */
  lineEnd: boolean
}

function placeAt(haystack: Haystack, { at, length, lines, lineEnd }: Occurrence): Place | undefined {
  const first = lineAt(haystack.starts, at)
  const last = first + lines.length - 1
  const lastText = haystack.texts[last]
  if (lastText === undefined) return undefined
  const startColumn = at - (haystack.starts[first] ?? 0)
  const endColumn = at + length - (haystack.starts[last] ?? 0)
  const endsLine = endColumn === lastText.length
  if (startColumn === 0 && endsLine) return { first, last, needle: lines, fit: exactFit }
  const onlyBlanksFollow = startColumn === 0 && isBlank(lastText.slice(endColumn))
  // Several lines up to the trailing whitespace of the last one are meant as lines.
  if (onlyBlanksFollow && lines.length > 1) return { first, last, needle: lines, fit: trailingFit }
  const fileEndsHere = at + length === haystack.text.length
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
