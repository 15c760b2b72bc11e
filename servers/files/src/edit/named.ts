import { likelierPlace } from './doubt.js'
import { haystackFromLines } from './find/haystack.js'
import type { Place } from './find/place.js'
import { type Found, findPlaces } from './find/stages.js'
import { type Meant, sameInterior, unchangedRange } from './stale.js'

export interface Elsewhere {
  /** Where the anchors fit best in the whole file. */
  readonly found: Found
  /** The lines of the file. */
  readonly texts: readonly string[]
}

/**
 * The place at the very lines that the model named, where its anchors fit only loosely but fit better elsewhere.
 * Anchors like a blank line fit anywhere; lines between them that are as they were shown, and that the new text
 * resembles more than those elsewhere, say more. `undefined`: there is no such place, or the anchors decide.
 */
export function placeNamed(meant: Meant, { found, texts }: Elsewhere): Found | undefined {
  const range = unchangedRange(meant, texts)
  if (!range || found.places.some(({ first }) => first === range.first)) return undefined
  const there = texts.slice(range.first, range.last + 1)
  const { places, newText } = findPlaces(haystackFromLines(there), meant.wanted, found.newText)
  const loose = places.find(({ first, last }) => first === 0 && last === there.length - 1)
  if (!loose || newText !== found.newText) return undefined
  const named: Place = { ...loose, first: range.first, last: range.last }
  const isLikelier = (other: Place): boolean =>
    sameInterior(texts.slice(other.first, other.last + 1), there) ||
    likelierPlace(other, { places: [other, named], newText, texts }) === named
  return found.places.every(isLikelier) ? { places: [named], newText } : undefined
}
