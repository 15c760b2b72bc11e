import type { TextDocument } from '../text/document.js'
import { withLineFeeds } from '../text/lines.js'
import type { Basis } from './basis.js'
import { choosePlace, separatePlaces } from './choose.js'
import { likelierPlace } from './doubt.js'
import { explainChoice, explainDoubt, explainMiss, numbered } from './explain.js'
import { haystackOf } from './find/haystack.js'
import type { Place } from './find/place.js'
import { type Found, findPlaces, type Wanted } from './find/stages.js'
import { placeNamed } from './named.js'
import { type EditRequest, isRefused, nameLineSpan, type Outcome } from './request.js'
import { placeMeantThen, staleInterior } from './stale.js'
import { targetOf } from './target.js'

export type Resolved =
  | { readonly kind: 'edge'; readonly side: 'before' | 'after' }
  | { readonly kind: 'places'; readonly wanted: Wanted; readonly places: readonly Place[]; readonly newText: string }

/** The place (for `replaceAll`: the places) in the document that an edit means, or why none can be told. */
export function resolveEdit(document: TextDocument, request: EditRequest, basis: Basis | undefined): Outcome<Resolved> {
  const { texts } = document.lines
  const edit = withLineFeedsIn(request)
  const target = targetOf(edit, texts)
  if (isRefused(target)) return target
  const wanted = target.ok
  if (wanted.kind === 'edge') return { ok: wanted }
  const moved = movedThisTurn(edit, basis)
  if (moved) return { refused: moved }
  const newText = withBlankEnd(edit, wanted)
  const found = findPlaces(haystackOf(document), wanted, newText)
  if (found.places.length === 0) {
    return { refused: explainMiss({ wanted, newText, texts, hint: hintOf(edit, basis) }) }
  }
  if (edit.replaceAll) return { ok: { kind: 'places', wanted, ...everywhere(found, wanted) } }
  const named = edit.insert ? undefined : placeNamed({ wanted, lines: edit.lines, basis }, { found, texts })
  if (named) return { ok: { kind: 'places', wanted, ...named } }
  const place = onePlace({ found, edit, basis, wanted, texts })
  if (isRefused(place)) return place
  return { ok: { kind: 'places', wanted, places: [place.ok], newText: found.newText } }
}

function withLineFeedsIn(request: EditRequest): EditRequest {
  const { firstLine, lastLine, oldText } = request
  return {
    ...request,
    firstLine: firstLine === undefined ? undefined : oneLineEndOff(withLineFeeds(firstLine)),
    lastLine: lastLine === undefined ? undefined : oneLineEndOff(withLineFeeds(lastLine)),
    oldText: oldText === undefined ? undefined : withLineFeeds(oldText),
  }
}

function oneLineEndOff(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line
}

/**
 * Where the range ends in a blank line, a final newline is that line's rather than one that is not needed: who names
 * the blank line as a boundary writes it in the new text too, unless it is to go.
 */
function withBlankEnd({ newText, insert }: EditRequest, wanted: Wanted): string {
  const endsBlank = wanted.kind === 'lines' && wanted.last === '' && !insert
  return endsBlank && /[^\r\n](?:\r\n|\r|\n)$/.test(newText) ? `${newText}\n` : newText
}

/** 0-based line where the first of the model's lines is now. */
function hintOf({ lines }: EditRequest, basis: Basis | undefined): number | undefined {
  if (!lines) return undefined
  return basis ? basis.translate(lines.first - 1).line : lines.first - 1
}

function movedThisTurn({ lines }: EditRequest, basis: Basis | undefined): string | undefined {
  if (!basis?.editedThisTurn || !lines) return undefined
  const exact = [lines.first, lines.last].every((line) => basis.translate(line - 1).exact)
  if (exact) return undefined
  return `An earlier edit_file of this turn has already replaced ${nameLineSpan(lines)}. Look at its result, then send this edit again with the new line numbers.`
}

function everywhere(found: Found, wanted: Wanted): { places: Place[]; newText: string } {
  const places = separatePlaces(found.places)
  const mixed = places.some((place) => place.part) && places.some((place) => !place.part)
  const lineEnd = wanted.kind === 'text' && wanted.text.endsWith('\n')
  return { places: mixed && !lineEnd ? places.map(asPart) : places, newText: found.newText }
}

/** Where a text stands inside lines as well as alone in one, it is replaced literally everywhere. */
function asPart(place: Place): Place {
  const endColumn = place.needle.at(-1)?.length ?? 0
  return place.part ? place : { ...place, part: { startColumn: 0, endColumn, takesLineEnd: false } }
}

interface Choice {
  found: Found
  edit: EditRequest
  basis: Basis | undefined
  wanted: Wanted
  texts: readonly string[]
}

function onePlace({ found, edit, basis, wanted, texts }: Choice): Outcome<Place> {
  const meant = { wanted, lines: edit.lines, basis }
  const hint = hintOf(edit, basis)
  const then = placeMeantThen(meant, found.places)
  if (then && isRefused(then)) return { refused: `${then.refused} There now:\n${around(texts, hint ?? 0)}` }
  const place = then ? then.ok : choosePlace(found.places, hint)
  if (!place) return { refused: explainChoice(found.places, texts, edit.lines !== undefined) }
  const likelier =
    wanted.kind === 'lines' && !edit.insert
      ? likelierPlace(place, { places: found.places, newText: found.newText, texts })
      : undefined
  if (likelier) return { refused: explainDoubt([place, likelier], texts) }
  const stale = wanted.kind === 'lines' && !edit.insert ? staleInterior(meant, place, texts) : undefined
  if (stale) return { refused: `${stale} There now:\n${numbered(texts, place.first, place.last)}` }
  return { ok: place }
}

function around(texts: readonly string[], line: number): string {
  return numbered(texts, line - 2, line + 3)
}
