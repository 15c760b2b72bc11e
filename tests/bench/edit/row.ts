import type { Random } from '../random.js'
import type { Subject } from './subject.js'

/** How an edit of ours names its place: by the boundary lines and their numbers, or by the old text. */
export type Form = 'lines' | 'text'

/** One replacement as a model means it; how it is said is each contestant's own affair. */
export interface Edit {
  /** Number of the first line when the file was shown, 1-based. */
  readonly at: number
  /** The same as the model gives it, where it is mistaken. */
  readonly believedAt?: number
  readonly oldLines: readonly string[]
  readonly newLines: readonly string[]
  /** The last line as an anchor, where it is not the last of `oldLines`. */
  readonly lastLine?: string
  /** Part of one line: both sides as they are, joined by nothing. */
  readonly part?: { readonly oldText: string; readonly newText: string }
}

/** A file, what has become of it since it was shown, and what somebody asks for. */
export interface EditCase {
  readonly bytes: Buffer
  readonly mode?: number
  /** The path given leads through a symbolic link. */
  readonly linked?: boolean
  /** The file when the edit comes; the same where absent. */
  readonly changed?: Buffer
  readonly edits: readonly Edit[]
  /** Every content that is right afterwards; none: the edit must be refused. */
  readonly accepted: readonly Buffer[]
  /** The forms that can say it; both where absent. */
  readonly forms?: readonly Form[]
}

export interface RowContext {
  readonly random: Random
  /** Other subjects from the same file. */
  readonly siblings: readonly Subject[]
  /** Lines of other files, to fill one up. */
  readonly filler: readonly string[]
}

/** One perturbation of the benchmark's table. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly mustRefuse: boolean
  /** Whether a needle goes with its line number. */
  readonly hinted: boolean
  /** Cases at most, where one is expensive. */
  readonly casesMax?: number
  /** `undefined` when the subject does not lend itself to the row. */
  build(subject: Subject, context: RowContext): EditCase | undefined
}
