import type { Basis } from '../edit/basis.js'
import { type FileHistory, findRevision, isEditedSince, knownBefore, newestOf, translateLine } from './file-history.js'
import { hasLine } from './line-set.js'

export interface BasisQuery {
  /** Before the current state was taken in: what the model could know. */
  readonly known: FileHistory | undefined
  /** With the current state as its newest snapshot. */
  readonly history: FileHistory
  /** The revision that the model named. */
  readonly revision: string | undefined
  readonly step: string | undefined
}

/** What the line numbers of a call refer to; `undefined` when the conversation does not know that revision. */
export function basisOf({ known, history, revision, step }: BasisQuery): Basis | undefined {
  const named = revision ?? knownBefore(known, step)?.revision
  const newest = newestOf(history)
  if (named === undefined || !newest) return undefined
  // A model that names the revision of the file as it is has it from a view, even if this server has forgotten that.
  if (!findRevision(known, named)) return named === newest.revision ? unchangedBasis(newest.texts) : undefined
  const start = findRevision(history, named)
  if (!start) return undefined
  return {
    texts: start.texts,
    isShown: (line) => start.origin === 'written' || hasLine(start.shown, line + 1),
    translate(line) {
      const shifted = translateLine(history, start, line + 1)
      return { line: shifted.line - 1, exact: shifted.exact }
    },
    changed: newest.revision !== start.revision,
    editedThisTurn: isEditedSince(history, start, step),
  }
}

/** The file as it is, all of it shown. */
function unchangedBasis(texts: readonly string[]): Basis {
  return {
    texts,
    isShown: () => true,
    translate: (line) => ({ line, exact: true }),
    changed: false,
    editedThisTurn: false,
  }
}
