import type { Basis } from './basis.js'
import { choosePlace } from './choose.js'
import { haystackFromLines } from './find/haystack.js'
import type { Place } from './find/place.js'
import { findPlaces, type Wanted } from './find/stages.js'
import { foldTypography } from './find/typography.js'
import type { LineSpan, Outcome } from './request.js'
import { bodyOf } from './whitespace.js'

export interface Meant {
  readonly wanted: Wanted
  /** As the model gave them, 1-based, in the basis. */
  readonly lines: LineSpan | undefined
  readonly basis: Basis | undefined
}

/**
 * Where several places were equal when the model looked and its hint told which, that one is meant, even if a
 * change has since left another as the only one. `undefined`: the hint decides nothing that the file does not.
 */
export function placeMeantThen({ wanted, lines, basis }: Meant, now: readonly Place[]): Outcome<Place> | undefined {
  if (!basis?.changed || !lines) return undefined
  const { places } = findPlaces(haystackFromLines(basis.texts), wanted, '')
  const then = places.length > 1 ? choosePlace(places, lines.first - 1) : undefined
  if (!then) return undefined
  const { line, exact } = basis.translate(then.first)
  const place = exact ? now.find((candidate) => candidate.first === line) : undefined
  return place ? { ok: place } : { refused: `What stood at line ${lines.first} has been changed since it was shown.` }
}

/** Why the lines between first and last anchor are not those that the model was shown; `undefined` when they are. */
export function staleInterior(meant: Meant, place: Place, texts: readonly string[]): string | undefined {
  if (place.last - place.first < 2) return hadInterior(meant) ? 'The lines between the anchors have gone.' : undefined
  const { basis } = meant
  const between = `The lines between the anchors (${place.first + 2}-${place.last})`
  if (!basis) {
    return `${between} have not been shown in this conversation. Read them first, or send them all as "old_text".`
  }
  const current = texts.slice(place.first, place.last + 1)
  const origins = originsOf(meant, basis, current)
  const equal = origins.filter(({ first, last }) => sameInterior(basis.texts.slice(first, last + 1), current))
  if (equal.length === 0) return `${between} have changed since they were shown.`
  if (equal.some(({ first, last }) => allShown(basis, first + 1, last - 1))) return undefined
  return `${between} have not all been shown. Read them first, or send them all as "old_text".`
}

/** Where the lines that the model named are now, if it was shown those between the anchors and they are the same still. */
export function unchangedRange({ wanted, lines, basis }: Meant, texts: readonly string[]): Range | undefined {
  if (wanted.kind !== 'lines' || !lines || !basis || lines.last - lines.first < 2) return undefined
  const said = { first: lines.first - 1, last: lines.last - 1 }
  const start = basis.translate(said.first)
  const end = basis.translate(said.last)
  if (!start.exact || !end.exact || !allShown(basis, said.first + 1, said.last - 1)) return undefined
  const now = { first: start.line, last: end.line }
  const then = basis.texts.slice(said.first, said.last + 1)
  return sameInterior(then, texts.slice(now.first, now.last + 1)) ? now : undefined
}

/** 0-based, inclusive. */
interface Range {
  first: number
  last: number
}

/** Whether there were lines between the anchors where the model saw them. */
function hadInterior(meant: Meant): boolean {
  const said = rangeSaid(meant)
  return said !== undefined && said.last - said.first >= 2
}

/** Where in the basis the lines may come from: where the model said, if its anchors stand there; else wherever they are. */
function originsOf(meant: Meant, basis: Basis, current: readonly string[]): Range[] {
  const said = rangeSaid(meant)
  if (said) return [said]
  const ranges: Range[] = []
  for (let first = 0; first + current.length <= basis.texts.length; first += 1) {
    if (basis.texts[first] === current[0]) ranges.push({ first, last: first + current.length - 1 })
  }
  return ranges
}

/** The lines that the model named, if its anchors stand there in the basis. */
function rangeSaid({ wanted, lines, basis }: Meant): Range | undefined {
  if (!basis || !lines || wanted.kind !== 'lines') return undefined
  const said = { first: lines.first - 1, last: lines.last - 1 }
  const fits = alike(basis.texts[said.first], wanted.first) && alike(basis.texts[said.last], wanted.last)
  return fits ? said : undefined
}

function alike(text: string | undefined, needle: string | undefined): boolean {
  return text !== undefined && needle !== undefined && bodyOf(foldTypography(text)) === bodyOf(foldTypography(needle))
}

export function sameInterior(then: readonly string[], now: readonly string[]): boolean {
  return then.length === now.length && then.slice(1, -1).every((text, index) => text === now[index + 1])
}

function allShown(basis: Basis, first: number, last: number): boolean {
  for (let line = first; line <= last; line += 1) if (!basis.isShown(line)) return false
  return true
}
