/** A text file before and after somebody changed it. */
export interface FilePair {
  /** Where it comes from: "git history of auroracoder". */
  readonly source: string
  /** Ends in the file's own name. */
  readonly path: string
  readonly before: string
  readonly after: string
}

const charsMax = 400_000
const lineCharsMax = 400

/** The text of a file as people write and review them; `undefined` for what is generated, binary or not UTF-8. */
export function sourceText(bytes: Buffer): string | undefined {
  if (bytes.length > charsMax || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  if (!Buffer.from(text).equals(bytes) || text.startsWith('\ufeff')) return undefined
  if (text.includes('\r')) return undefined
  return text.split('\n').every((line) => line.length <= lineCharsMax) ? text : undefined
}
