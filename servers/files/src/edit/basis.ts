/** The revision of a file that the line numbers of an edit refer to: what the model was shown. Lines are 0-based. */
export interface Basis {
  readonly texts: readonly string[]
  isShown(line: number): boolean
  /** Where the line is now. Not exact when it has itself been replaced since: then the place where it was. */
  translate(line: number): Translation
  /** Whether the file has changed since. */
  readonly changed: boolean
  /** Whether an earlier call of the same model turn has edited the file: the model could not know. */
  readonly editedThisTurn: boolean
}

export interface Translation {
  readonly line: number
  readonly exact: boolean
}
