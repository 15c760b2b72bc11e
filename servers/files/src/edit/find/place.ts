import type { Indentation } from '../fit/indentation.js'

/** Where an edit applies, and how what the model wrote relates to what is there. Lines are 0-based, inclusive. */
export interface Place {
  readonly first: number
  readonly last: number
  /** Present when the place is not whole lines. */
  readonly part?: Part
  /** The lines `first…last` (of a part: its pieces) as the model wrote them. */
  readonly needle: readonly string[]
  /** Whether the model wrote only the first and last line of the needle; the others are then as in the file. */
  readonly isAnchored?: boolean
  readonly fit: Fit
}

export interface Part {
  /** Column in the first line where the place begins, and in the last line where it ends. */
  readonly startColumn: number
  readonly endColumn: number
  /** Whether the line end after `endColumn` belongs to it. */
  readonly takesLineEnd: boolean
}

/** What the new text needs before it can stand in the file. Empty for an exact match. */
export interface Fit {
  readonly indentation?: Indentation
  /** Needle and file differ in quotes, dashes or spaces: words that the edit keeps stay as they are in the file. */
  readonly typographic?: boolean
  /** What was forgiven, for the note: "trailing whitespace". */
  readonly forgiven: readonly string[]
}

export const exactFit: Fit = { forgiven: [] }
export const trailingFit: Fit = { forgiven: ['trailing whitespace'] }
