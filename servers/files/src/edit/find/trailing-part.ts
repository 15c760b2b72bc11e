import { blockLines, withoutTrailing } from '../whitespace.js'
import type { Haystack } from './haystack.js'
import { type Place, trailingFit } from './place.js'

/** A needle of several lines that begins or ends inside a line, where lines of the file have other trailing whitespace. */
export function findTextButTrailing({ texts, finalNewline }: Haystack, needle: string): Place[] {
  const lines = blockLines(needle)
  const firstNeedle = withoutTrailing(lines[0] ?? '')
  if (lines.length < 2 || firstNeedle === '') return []
  const lineEnd = needle.endsWith('\n')
  const places: Place[] = []
  for (let first = 0; first + lines.length <= texts.length; first += 1) {
    if (!withoutTrailing(texts[first] ?? '').endsWith(firstNeedle)) continue
    const place = placeAt(texts, { first, lines, lineEnd })
    if (!place) continue
    const endsNowhere = lineEnd && place.last === texts.length - 1 && !finalNewline
    if (!endsNowhere) places.push(place)
  }
  return places
}

interface Attempt {
  first: number
  lines: string[]
  lineEnd: boolean
}

function placeAt(texts: readonly string[], { first, lines, lineEnd }: Attempt): Place | undefined {
  const last = first + lines.length - 1
  const inner = lines.slice(1, -1)
  if (!inner.every((line, index) => alike(texts[first + 1 + index], line))) return undefined
  const firstText = withoutTrailing(texts[first] ?? '')
  const startColumn = firstText.length - withoutTrailing(lines[0] ?? '').length
  const lastText = texts[last] ?? ''
  const lastNeedle = lines.at(-1) ?? ''
  const endsLine = alike(lastText, lastNeedle)
  if (!endsLine && (lineEnd || !lastText.startsWith(lastNeedle))) return undefined
  // Whole lines are found by their own search.
  if (startColumn === 0 && endsLine) return undefined
  const endColumn = endsLine ? lastText.length : lastNeedle.length
  return {
    first,
    last,
    part: { startColumn, endColumn, takesLineEnd: lineEnd },
    needle: lineEnd ? [...lines, ''] : lines,
    fit: trailingFit,
  }
}

function alike(text: string | undefined, needle: string): boolean {
  return text !== undefined && withoutTrailing(text) === withoutTrailing(needle)
}
