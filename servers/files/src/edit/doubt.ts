import type { Place } from './find/place.js'
import { foldTypography } from './find/typography.js'
import { blockLines, bodyOf } from './whitespace.js'

/** Shorter lines ("}", "else") are everywhere and tell nothing. */
const tellingCharsMin = 5

/**
 * A place with the same boundary lines that the new text resembles more than the chosen one. Boundaries like two
 * blank lines fit many places, and with a wrong line number they fit the wrong one: then nothing is certain.
 */
export function likelierPlace(
  chosen: Place,
  { places, newText, texts }: { places: readonly Place[]; newText: string; texts: readonly string[] },
): Place | undefined {
  if (places.length < 2 || chosen.last === chosen.first) return undefined
  const wanted = tellingLines(blockLines(newText))
  if (wanted.size === 0) return undefined
  const kept = (place: Place): number => {
    const there = tellingLines(texts.slice(place.first, place.last + 1))
    return [...wanted].filter((line) => there.has(line)).length
  }
  const least = kept(chosen)
  return places.find((place) => kept(place) > least)
}

function tellingLines(lines: readonly string[]): Set<string> {
  return new Set(lines.map((line) => bodyOf(foldTypography(line))).filter((body) => body.length >= tellingCharsMin))
}
