import type { Place } from './find/place.js'

/** How far from its line hint one of several equal places may lie. */
export const hintLinesMax = 3

/** The place that is meant: the only one, or the one strictly nearest to the hint (0-based) and close to it. */
export function choosePlace(places: readonly Place[], hint: number | undefined): Place | undefined {
  if (places.length === 1) return places[0]
  if (hint === undefined) return undefined
  const distanceOf = (place: Place) => Math.abs(place.first - hint)
  // As many arguments as a large file has lines would not fit on the stack.
  const nearest = places.reduce((least, place) => Math.min(least, distanceOf(place)), Number.POSITIVE_INFINITY)
  const candidates = places.filter((place) => distanceOf(place) === nearest)
  return nearest <= hintLinesMax && candidates.length === 1 ? candidates[0] : undefined
}

/** Places of a replacement everywhere, from the top, without those that overlap an earlier one. */
export function separatePlaces(places: readonly Place[]): Place[] {
  const separate: Place[] = []
  for (const place of places) {
    const previous = separate.at(-1)
    if (!previous || beginsAfter(place, previous)) separate.push(place)
  }
  return separate
}

function beginsAfter(place: Place, previous: Place): boolean {
  if (place.first !== previous.last) return place.first > previous.last
  return place.part !== undefined && previous.part !== undefined && !previous.part.takesLineEnd
    ? place.part.startColumn >= previous.part.endColumn
    : false
}
