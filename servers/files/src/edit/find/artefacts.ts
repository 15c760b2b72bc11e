/** A needle and its new text without something that got into them on the way from the model. */
export interface Cleaned {
  readonly needle: readonly string[]
  readonly newText: string
  /** What was removed, for the note. */
  readonly forgiven: string
}

/** A cleaning of the needle (whose parts are an old text, or a first and a last line); `undefined`: not that artefact. */
type Cleaning = (needle: readonly string[], newText: string) => Cleaned | undefined

/** Everything that the needle could have been meant as, beside what it says. */
export function withoutArtefacts(needle: readonly string[], newText: string): Cleaned[] {
  return cleanings.map((clean) => clean(needle, newText)).filter((cleaned) => cleaned !== undefined)
}

const cleanings: readonly Cleaning[] = [withoutLineNumbers, withoutFence, withoutEscapes, withoutEntities]

/** As views and searches show them ("  12\ttext", "12:\ttext"), and as other tools do ("12: text", "12|text", "12→text"). */
const numbered = /^ *\d{1,7}(?:[:-]?\t|→|: ?|\| ?)/

function withoutLineNumbers(needle: readonly string[], newText: string): Cleaned | undefined {
  const lines = needle.flatMap((part) => finalNewlineOff(part).split('\n'))
  if (!lines.every((line) => numbered.test(line))) return undefined
  const newLines = newText === '' ? [] : finalNewlineOff(newText).split('\n')
  const newNumbered = newLines.filter((line) => numbered.test(line)).length
  // Some lines with a number and some without: what is content cannot be told.
  if (newNumbered > 0 && newNumbered < newLines.length) return undefined
  const strip = (text: string) =>
    text
      .split('\n')
      .map((line) => line.replace(numbered, ''))
      .join('\n')
  return { needle: needle.map(strip), newText: strip(newText), forgiven: 'line numbers' }
}

function finalNewlineOff(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

function withoutFence(needle: readonly string[], newText: string): Cleaned | undefined {
  const unfenced = needle.map(fencedText)
  if (!unfenced.every((part) => part !== undefined)) return undefined
  return { needle: unfenced, newText: fencedText(newText) ?? newText, forgiven: 'a markdown fence' }
}

/** What stands between a fence's first and last line; `undefined` when the text is not one fenced block. */
function fencedText(text: string): string | undefined {
  const [open = '', ...lines] = finalNewlineOff(text).split('\n')
  const close = lines.pop()
  const fence = /^(?:`{3,}|~{3,})/.exec(open)?.[0]
  return fence !== undefined && close === fence ? lines.join('\n') : undefined
}

const escapeSequence = /\\(?:[nrt"'\\/]|u[0-9a-fA-F]{4})/
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** A text that was escaped once more than JSON needs: "\n" as two characters where a line end was meant. */
function withoutEscapes(needle: readonly string[], newText: string): Cleaned | undefined {
  if (!needle.some((part) => escapeSequence.test(part)) || needle.some((part) => part.includes('\n'))) return undefined
  if (newText.includes('\n')) return undefined
  const decode = (text: string) =>
    text.replace(/\\(?:u([0-9a-fA-F]{4})|([nrt"'\\/]))/g, (_, code?: string, letter = '') =>
      code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
  return { needle: needle.map(decode), newText: decode(newText), forgiven: 'escape sequences' }
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  amp: '&',
}
const entity = /&(?:(lt|gt|quot|apos|nbsp|amp)|#(\d{1,6})|#x([0-9a-fA-F]{1,5}));/g

function withoutEntities(needle: readonly string[], newText: string): Cleaned | undefined {
  const decode = (text: string) => text.replace(entity, decodeEntity)
  const decoded = needle.map(decode)
  if (decoded.every((part, index) => part === needle[index])) return undefined
  return { needle: decoded, newText: decode(newText), forgiven: 'HTML entities' }
}

function decodeEntity(whole: string, name?: string, decimal?: string, hexadecimal?: string): string {
  if (name !== undefined) return entities[name] ?? whole
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
