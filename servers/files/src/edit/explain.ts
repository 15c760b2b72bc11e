import { haystackFromLines } from './find/haystack.js'
import type { Place } from './find/place.js'
import { findPlaces, type Wanted } from './find/stages.js'
import { nameLineSpan } from './request.js'
import { mostSimilar } from './similar.js'
import { blockLines, indentationOf } from './whitespace.js'

const contextLines = 2
const quotedLineCharsMax = 160
const quotedLinesMax = 12
const candidatesShownMax = 5

export interface Miss {
  readonly wanted: Wanted
  readonly newText: string
  readonly texts: readonly string[]
  /** 0-based line where the model expected it. */
  readonly hint: number | undefined
}

/** What was expected, what is there instead, and where to look. */
export function explainMiss({ wanted, newText, texts, hint }: Miss): string {
  const needle = needleLines(wanted)
  const parts = [`Not found: ${describeNeedle(wanted, needle)}.`]
  if (hint !== undefined) parts.push(`${atHint(texts, hint, needle.length)}`)
  const spaced = whitespaceHint(texts, rowsOf(wanted, needle))
  const made = standsAlready(texts, newText)
  if (spaced !== undefined) parts.push(spaced)
  else if (made !== undefined) parts.push(made)
  else parts.push(...similarPlace(texts, needle, hint))
  return parts.join('\n')
}

/** Every place that it could be, with its neighbours. */
export function explainChoice(places: readonly Place[], texts: readonly string[], hinted: boolean): string {
  const shown = places.slice(0, candidatesShownMax)
  const more = places.length > shown.length ? `\n… and ${places.length - shown.length} more.` : ''
  const why = hinted ? 'none is clearly the one nearest to "lines"' : '"lines" does not say which'
  const blocks = shown.map((place) => numbered(texts, place.first - contextLines, place.last + contextLines))
  return `Found ${places.length} times, and ${why}. Give "lines" as displayed, or more of the surrounding text, or "replace_all". It stands at ${places
    .slice(0, candidatesShownMax * 4)
    .map((place) => (place.first === place.last ? `${place.first + 1}` : `${place.first + 1}-${place.last + 1}`))
    .join(', ')}:\n${blocks.join('\n…\n')}${more}`
}

/** The place that "lines" names, and another one that the new text fits better. */
export function explainDoubt([chosen, likelier]: readonly [Place, Place], texts: readonly string[]): string {
  const here = nameLineSpan({ first: chosen.first + 1, last: chosen.last + 1 })
  const there = nameLineSpan({ first: likelier.first + 1, last: likelier.last + 1 })
  return `Its boundary lines stand at ${here}, but also at ${there}, which new_text resembles more:
${numbered(texts, likelier.first, likelier.last)}
Send the lines to be replaced as "old_text", so that there is no doubt.`
}

/** Lines `first…last` (0-based, cut to the file) as views number them. */
export function numbered(texts: readonly string[], first: number, last: number): string {
  const from = Math.max(first, 0)
  const to = Math.min(last, texts.length - 1)
  const width = String(to + 1).length
  const lines = texts
    .slice(from, to + 1)
    .map((text, index) => `${String(from + index + 1).padStart(width)}\t${cut(text)}`)
  if (lines.length <= quotedLinesMax) return lines.join('\n')
  const half = quotedLinesMax / 2
  return [...lines.slice(0, half), '…', ...lines.slice(-half)].join('\n')
}

function needleLines(wanted: Wanted): string[] {
  if (wanted.kind === 'text') return blockLines(wanted.text)
  return wanted.last === undefined ? [wanted.first] : [wanted.first, wanted.last]
}

function describeNeedle(wanted: Wanted, needle: readonly string[]): string {
  const quoted = needle.slice(0, 3).map((line) => JSON.stringify(cut(line)))
  if (wanted.kind === 'text') {
    const more = needle.length > 3 ? ` and ${needle.length - 3} more lines` : ''
    return `old_text ${quoted.join(', ')}${more}`
  }
  const distance = wanted.height === undefined ? '' : `, ${wanted.height} lines from first to last`
  return wanted.last === undefined
    ? `first_line ${quoted[0]}`
    : `first_line ${quoted[0]} with last_line ${quoted[1]}${distance}`
}

function atHint(texts: readonly string[], hint: number, height: number): string {
  if (hint >= texts.length) return `Line ${hint + 1} does not exist: the file has ${texts.length} lines.`
  return `There now:\n${numbered(texts, hint - contextLines, hint + height - 1 + contextLines)}`
}

interface Row {
  offset: number
  text: string
}

/** The needle's lines with their distance from the first. */
function rowsOf(wanted: Wanted, needle: readonly string[]): Row[] {
  const height = wanted.kind === 'lines' ? wanted.height : undefined
  return needle.map((text, index) => ({ text, offset: index > 0 && height !== undefined ? height - 1 : index }))
}

/** Lines that are equal once all whitespace is taken out. */
function whitespaceHint(texts: readonly string[], rows: readonly Row[]): string | undefined {
  const squeeze = (line: string) => line.replace(/\s+/g, '')
  const wanted = rows.map(({ offset, text }) => ({ offset, text: squeeze(text) }))
  if (wanted.every(({ text }) => text === '')) return undefined
  const isThere = (start: number) => wanted.every(({ offset, text }) => squeeze(texts[start + offset] ?? '\0') === text)
  const first = texts.findIndex((_, start) => isThere(start))
  const row = rows.find(({ offset, text }) => text !== texts[first + offset])
  if (first < 0 || !row) return undefined
  const line = first + row.offset
  const ours = texts[line] ?? ''
  const kind = indentationOf(row.text) === indentationOf(ours) ? 'whitespace inside the line' : 'indentation'
  return `Only ${kind} differs at line ${line + 1}: the file has ${visible(ours)}, you sent ${visible(row.text)}. Send it exactly as displayed.`
}

/** Indentation made countable. */
function visible(line: string): string {
  const indentation = indentationOf(line)
  const tabs = indentation.split('\t').length - 1
  const spaces = indentation.length - tabs
  const counts = [...(tabs > 0 ? [`${tabs} tabs`] : []), ...(spaces > 0 ? [`${spaces} spaces`] : [])]
  return `${JSON.stringify(cut(line))} (indented by ${counts.join(' and ') || 'nothing'})`
}

function standsAlready(texts: readonly string[], newText: string): string | undefined {
  if (newText.trim() === '') return undefined
  const [place] = findPlaces(haystackFromLines(texts), { kind: 'text', text: newText }, '').places
  return place ? `new_text stands at line ${place.first + 1} already: this edit may have been made before.` : undefined
}

function similarPlace(texts: readonly string[], needle: readonly string[], hint: number | undefined): string[] {
  const similar = mostSimilar(texts, needle)
  const quoted = hint !== undefined && hint < texts.length
  if (!similar && !quoted) return ['Nothing similar is in the file. Read it again.']
  if (!similar || (quoted && Math.abs(similar.first - hint) <= contextLines))
    return ['Content must match exactly. Copy it from the lines above.']
  return [
    `The most similar place:\n${numbered(texts, similar.first - 1, similar.last + 1)}`,
    'Content must match exactly.',
  ]
}

function cut(line: string): string {
  return line.length > quotedLineCharsMax ? `${line.slice(0, quotedLineCharsMax)}…` : line
}
