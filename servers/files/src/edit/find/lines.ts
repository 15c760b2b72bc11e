import { inferIndentation } from '../fit/indentation.js'
import { bodyOf, indentationOf, withoutTrailing } from '../whitespace.js'
import type { Haystack } from './haystack.js'
import { exactFit, type Fit, type Place, trailingFit } from './place.js'

/** Lines to look for: all of a block, or only its first and last. */
export interface Pattern {
  readonly rows: readonly { readonly offset: number; readonly text: string }[]
  /** How many lines of the file it covers. */
  readonly height: number
}

/** How lines of the file may differ from the lines looked for. */
export interface Likeness {
  /** Brings a line into the form in which equal means alike. */
  reduce(line: string): string
  /** Judges the rows together, once each is alike. `undefined`: they do not fit. */
  fit(pairs: readonly LinePair[]): Fit | undefined
}

export interface LinePair {
  readonly file: string
  readonly needle: string
}

export const same: Likeness = { reduce: (line) => line, fit: () => exactFit }

export const sameButTrailing: Likeness = {
  reduce: withoutTrailing,
  fit: () => trailingFit,
}

export const sameButIndentation: Likeness = {
  reduce: bodyOf,
  fit(pairs) {
    const solid = pairs.filter(({ file }) => bodyOf(file) !== '')
    if (solid.length === 0) return undefined
    const indentation = inferIndentation(
      solid.map(({ file, needle }) => ({ file: indentationOf(file), needle: indentationOf(needle) })),
    )
    return indentation && { indentation, forgiven: ['indentation'] }
  },
}

export function blockPattern(lines: readonly string[]): Pattern {
  return { rows: lines.map((text, offset) => ({ offset, text })), height: lines.length }
}

export function boundaryPattern(first: string, last: string | undefined, height: number): Pattern {
  const start = { offset: 0, text: first }
  return { rows: last === undefined ? [start] : [start, { offset: height - 1, text: last }], height }
}

export function findLines({ texts }: Haystack, pattern: Pattern, likeness: Likeness): Place[] {
  const rows = pattern.rows.map(({ offset, text }) => ({ offset, reduced: likeness.reduce(text) }))
  const places: Place[] = []
  for (let first = 0; first + pattern.height <= texts.length; first += 1) {
    if (!rows.every(({ offset, reduced }) => likeness.reduce(texts[first + offset] ?? '') === reduced)) continue
    const pairs = pattern.rows.map(({ offset, text }) => ({ file: texts[first + offset] ?? '', needle: text }))
    const fit = likeness.fit(pairs)
    if (fit) places.push(placeOf({ texts, pattern, first, fit }))
  }
  return places
}

interface Found {
  texts: readonly string[]
  pattern: Pattern
  first: number
  fit: Fit
}

/** Lines that the pattern leaves out are taken as they stand in the file. */
function placeOf({ texts, pattern, first, fit }: Found): Place {
  const last = first + pattern.height - 1
  const needle = texts.slice(first, last + 1)
  for (const { offset, text } of pattern.rows) needle[offset] = text
  return { first, last, needle, isAnchored: pattern.rows.length < pattern.height, fit }
}
