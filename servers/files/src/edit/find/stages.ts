import { blockLines } from '../whitespace.js'
import { withoutArtefacts } from './artefacts.js'
import { findText } from './exact.js'
import type { Haystack } from './haystack.js'
import {
  blockPattern,
  boundaryPattern,
  findLines,
  type Likeness,
  type Pattern,
  same,
  sameButIndentation,
  sameButTrailing,
} from './lines.js'
import type { Place } from './place.js'
import { findTextButTrailing } from './trailing-part.js'
import { foldHaystack, foldTypography } from './typography.js'

/** What an edit names: a text, or the first and last of some lines. */
export type Wanted =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'lines'
      readonly first: string
      /** Absent for a single line. */
      readonly last?: string | undefined
      /** How many lines from first to last, when the model said. */
      readonly height?: number | undefined
    }

export interface Found {
  readonly places: readonly Place[]
  /** The new text, cleaned as the needle had to be. */
  readonly newText: string
}

/**
 * Places of what is wanted, over the whole file, by the strictest tier that finds any: exact; trailing whitespace;
 * indentation; typography; artefacts of models. Content is never compared fuzzily.
 */
export function findPlaces(haystack: Haystack, wanted: Wanted, newText: string): Found {
  const literal = firstFound(literalStages(haystack, wanted))
  if (literal.length > 0) return { places: literal, newText }
  const folded = firstFound(foldedStages(haystack, wanted))
  if (folded.length > 0) return { places: folded, newText }
  const cleaned = findCleaned(haystack, wanted, newText)
  if (cleaned) return cleaned
  return { places: firstFound(separateStages(haystack, wanted)), newText }
}

type Stage = () => Place[]

function firstFound(stages: readonly Stage[]): Place[] {
  for (const stage of stages) {
    const places = stage()
    if (places.length > 0) return places
  }
  return []
}

function literalStages(haystack: Haystack, wanted: Wanted): Stage[] {
  if (wanted.kind === 'text') {
    const pattern = blockPattern(blockLines(wanted.text))
    return [
      () => findText(haystack, wanted.text),
      () => [...findLines(haystack, pattern, sameButTrailing), ...findTextButTrailing(haystack, wanted.text)],
      () => findLines(haystack, pattern, sameButIndentation),
    ]
  }
  const { first, last, height = last === undefined ? 1 : undefined } = wanted
  if (height === undefined) return []
  const pattern = boundaryPattern(first, last, height)
  return [same, sameButTrailing, sameButIndentation].map((likeness) => () => findLines(haystack, pattern, likeness))
}

/** The same once more with quotes, dashes and spaces folded on both sides. */
function foldedStages(haystack: Haystack, wanted: Wanted): Stage[] {
  const foldedWanted: Wanted =
    wanted.kind === 'text'
      ? { kind: 'text', text: foldTypography(wanted.text) }
      : { ...wanted, first: foldTypography(wanted.first), last: wanted.last && foldTypography(wanted.last) }
  return [
    () => {
      const folded = foldHaystack(haystack)
      const places = firstFound(literalStages(folded, foldedWanted))
      return places.map((place) => asTypographic(place, { haystack, wanted }))
    },
  ]
}

/** The needle as the model wrote it, not folded: what it keeps in its new text is recognised by it. */
function asTypographic(place: Place, { haystack, wanted }: { haystack: Haystack; wanted: Wanted }): Place {
  const fit = { ...place.fit, typographic: true, forgiven: [...place.fit.forgiven, 'typography'] }
  if (wanted.kind === 'text') {
    const lines = blockLines(wanted.text)
    return { ...place, fit, needle: place.part?.takesLineEnd ? [...lines, ''] : lines }
  }
  const needle = haystack.texts.slice(place.first, place.last + 1)
  needle[0] = wanted.first
  if (wanted.last !== undefined) needle[needle.length - 1] = wanted.last
  return { ...place, fit, needle }
}

/** Cleanings that lead to different places are all candidates; the strictest tier of each is taken. */
function findCleaned(haystack: Haystack, wanted: Wanted, newText: string): Found | undefined {
  const needle = wanted.kind === 'text' ? [wanted.text] : [wanted.first, wanted.last ?? wanted.first]
  const founds = withoutArtefacts(needle, newText).flatMap((cleaned) => {
    const [first = '', last = ''] = cleaned.needle
    const meant: Wanted =
      wanted.kind === 'text'
        ? { kind: 'text', text: first }
        : { ...wanted, first, last: wanted.last === undefined ? undefined : last }
    const places = firstFound([...literalStages(haystack, meant), ...foldedStages(haystack, meant)])
    return places.length > 0 ? [{ cleaned, places }] : []
  })
  const [only] = founds
  if (!only || founds.length > 1) return undefined
  const forgive = (place: Place): Place => ({
    ...place,
    fit: { ...place.fit, forgiven: [...place.fit.forgiven, only.cleaned.forgiven] },
  })
  return { places: only.places.map(forgive), newText: only.cleaned.newText }
}

/** First and last line at another distance than the model said: accepted when each is unique in the file. */
function separateStages(haystack: Haystack, wanted: Wanted): Stage[] {
  if (wanted.kind === 'text' || wanted.last === undefined) return []
  const { first, last } = wanted
  const find = (text: string, likeness: Likeness) => findLines(haystack, boundaryPattern(text, undefined, 1), likeness)
  return [same, sameButTrailing, sameButIndentation].map((likeness) => () => {
    const [start, ...moreStarts] = find(first, likeness)
    const [end, ...moreEnds] = find(last, likeness)
    if (!start || !end || moreStarts.length > 0 || moreEnds.length > 0 || end.first <= start.first) return []
    const pattern: Pattern = boundaryPattern(first, last, end.first - start.first + 1)
    return findLines(haystack, pattern, likeness)
  })
}
