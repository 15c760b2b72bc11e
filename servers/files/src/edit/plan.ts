import type { Hunk } from '@auroracoder/kit/wire'
import type { TextDocument } from '../text/document.js'
import type { Basis } from './basis.js'
import { compose, joinedLineEnds } from './compose.js'
import type { Place } from './find/place.js'
import { hunksOf } from './hunks.js'
import { countLineEnds, insertAtEdge, insertBeside, type Landing, replaceAt } from './land.js'
import { type EditRequest, formatLineSpan, isRefused, type LineSpan, nameLineSpan, type Outcome } from './request.js'
import { type Resolved, resolveEdit } from './resolve.js'
import { type OwnedSpan, orderSpans, settle } from './spans.js'

/** What a batch of edits comes to. Nothing has been written. */
export interface Plan {
  readonly document: TextDocument
  readonly hunks: readonly Hunk[]
  /** The edits as they really ran: repeated on the same file, they give the same bytes. */
  readonly canonical: readonly EditRequest[]
  /** One sentence for each edit that was not taken as it stood. */
  readonly corrections: readonly string[]
}

export interface EditBatch {
  readonly document: TextDocument
  readonly edits: readonly EditRequest[]
  /** What the line numbers refer to; absent when the conversation has not seen the file. */
  readonly basis?: Basis | undefined
}

/** All edits refer to the document as it is; all must hold, or none does and every reason is told. */
export function planEdits({ document, edits, basis }: EditBatch): Outcome<Plan> {
  const outcomes = edits.map((edit) => landEdit(document, edit, basis))
  const landed = outcomes.flatMap((outcome) => ('ok' in outcome ? [outcome.ok] : []))
  if (landed.length < edits.length) return { refused: failures(outcomes) }
  const joined = landed.some(({ landings }) =>
    landings.some(({ span, lineEnds }) => countLineEnds(span.text) !== lineEnds),
  )
  if (joined) return { refused: joinedLineEnds }
  const spans = landed.flatMap(({ landings }, owner) => landings.map(({ span }): OwnedSpan => ({ ...span, owner })))
  const ordered = orderSpans(spans)
  if (isRefused(ordered)) return ordered
  const settled = settle(document, ordered.ok)
  const composed = compose(document, settled)
  if (isRefused(composed)) return composed
  if (composed.ok.hash === document.hash) {
    return { refused: 'The edits change nothing: the file already reads like that.' }
  }
  return {
    ok: {
      document: composed.ok,
      hunks: hunksOf(document, composed.ok, settled),
      canonical: landed.map(({ canonical }) => canonical),
      corrections: landed.flatMap(({ correction }, index) => (correction ? [`Edit ${index + 1} ${correction}.`] : [])),
    },
  }
}

interface Landed {
  landings: readonly Landing[]
  canonical: EditRequest
  correction: string | undefined
}

function failures(outcomes: readonly Outcome<Landed>[]): string {
  const reasons = outcomes.flatMap((outcome, index) =>
    isRefused(outcome) ? [outcomes.length === 1 ? outcome.refused : `Edit ${index + 1}: ${outcome.refused}`] : [],
  )
  const fine = outcomes.length - reasons.length
  const rest = fine > 0 ? `The other ${fine} would apply; send all of them again.\n` : ''
  return `${rest}${reasons.join('\n\n')}`
}

function landEdit(document: TextDocument, edit: EditRequest, basis: Basis | undefined): Outcome<Landed> {
  const resolved = resolveEdit(document, edit, basis)
  if (isRefused(resolved)) return resolved
  if (resolved.ok.kind === 'edge') return landAtEdge(document, edit, resolved.ok.side)
  const { places, newText } = resolved.ok
  const landings: Landing[] = []
  for (const place of places) {
    const landing = edit.insert
      ? insertBeside(document, place, { newText, side: edit.insert })
      : replaceAt(document, place, newText)
    if (isRefused(landing)) return landing
    landings.push(landing.ok)
  }
  const canonical = canonicalEdit(document, { edit, resolved: resolved.ok, landings })
  if (isRefused(canonical)) return canonical
  return { ok: { landings, canonical: canonical.ok, correction: correctionOf({ edit, places, basis }) } }
}

function landAtEdge(document: TextDocument, edit: EditRequest, side: 'before' | 'after'): Outcome<Landed> {
  const landing = insertAtEdge(document, edit.newText, side)
  if (isRefused(landing)) return landing
  const insert = document.lines.texts.length === 0 ? undefined : side
  return { ok: { landings: [landing.ok], canonical: { newText: edit.newText, insert }, correction: undefined } }
}

interface Canonical {
  edit: EditRequest
  resolved: Extract<Resolved, { kind: 'places' }>
  landings: readonly Landing[]
}

function canonicalEdit(document: TextDocument, { edit, resolved, landings }: Canonical): Outcome<EditRequest> {
  const [place] = resolved.places
  const [landing] = landings
  if (!place || !landing) throw new Error('An edit was resolved to no place.')
  if (edit.replaceAll) return canonicalReplaceAll(landings, landing)
  const { newText, oldText } = landing
  const insert = edit.insert
  const lines = spanOf(place)
  if (resolved.wanted.kind === 'text') return { ok: { lines, oldText, newText, insert } }
  const { texts } = document.lines
  const lastLine = place.last > place.first ? texts[place.last] : undefined
  return { ok: { lines, firstLine: texts[place.first], lastLine, newText, insert } }
}

function canonicalReplaceAll(landings: readonly Landing[], { oldText, newText }: Landing): Outcome<EditRequest> {
  const uniform = landings.every((landing) => landing.oldText === oldText && landing.newText === newText)
  if (uniform) return { ok: { oldText, newText, replaceAll: true } }
  return {
    refused: `The ${landings.length} occurrences of old_text differ in whitespace or quotes. Send one edit for each, with old_text as displayed.`,
  }
}

function spanOf(place: Place): LineSpan {
  return { first: place.first + 1, last: place.last + 1 }
}

interface Correction {
  edit: EditRequest
  places: readonly Place[]
  basis: Basis | undefined
}

function correctionOf({ edit, places, basis }: Correction): string | undefined {
  const [place] = places
  if (!place) return undefined
  const forgiven = [...new Set(places.flatMap(({ fit }) => fit.forgiven))]
  const at = nameLineSpan(spanOf(place))
  const parts = forgiven.length > 0 ? [`was matched with ${forgiven.join(' and ')} ignored`] : []
  if (edit.lines && !edit.replaceAll && place.first !== edit.lines.first - 1) {
    const moved = basis?.translate(edit.lines.first - 1).line === place.first
    parts.push(
      moved
        ? `was made at ${at}, where ${nameLineSpan(edit.lines)} ${edit.lines.first === edit.lines.last ? 'has' : 'have'} moved to`
        : `was made at ${at}, not ${formatLineSpan(edit.lines)}`,
    )
  }
  return parts.length > 0 ? parts.join(', and ') : undefined
}
