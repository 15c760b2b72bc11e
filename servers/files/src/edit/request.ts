/** One edit in canonical form. Line numbers are 1-based and inclusive, as they are displayed. */
export interface EditRequest {
  readonly lines?: LineSpan | undefined
  /** Content of the first line of `lines`. */
  readonly firstLine?: string | undefined
  /** Content of the last line of `lines`. */
  readonly lastLine?: string | undefined
  /** The text to replace; `lines` is then only a hint. */
  readonly oldText?: string | undefined
  readonly newText: string
  /** Puts `newText` beside the anchor and removes nothing; without an anchor, at the start or end of the file. */
  readonly insert?: 'before' | 'after' | undefined
  readonly replaceAll?: boolean | undefined
}

export interface LineSpan {
  readonly first: number
  readonly last: number
}

/** What a step of the engine came to: a value, or the reason why the edit is refused. */
export type Outcome<T> = { readonly ok: T } | { readonly refused: string }

export function isRefused<T>(outcome: Outcome<T>): outcome is { readonly refused: string } {
  return 'refused' in outcome
}

/** "42" or "13-15". */
export function parseLineSpan(text: string): LineSpan | undefined {
  const match = /^\s*(\d{1,9})(?:\s*[-–:,]\s*(\d{1,9}))?\s*$/.exec(text)
  if (!match) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  return first >= 1 && last >= first ? { first, last } : undefined
}

export function formatLineSpan({ first, last }: LineSpan): string {
  return first === last ? `${first}` : `${first}-${last}`
}

/** The span in a sentence: "line 42" or "lines 13-15". */
export function nameLineSpan(span: LineSpan): string {
  return `${span.first === span.last ? 'line' : 'lines'} ${formatLineSpan(span)}`
}
