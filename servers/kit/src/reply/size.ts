/**
 * The largest text answer, in characters, that each host was measured to show to its model (2026).
 * Keyed by the start of `clientInfo.name`, lower case.
 */
const outputCharsMaxByClient: readonly (readonly [prefix: string, chars: number])[] = [
  ['auroracoder', 60_000],
  ['codex', 10_000],
  ['gemini', 40_000],
  ['claude-code', 45_000],
  ['opencode', 50_000],
]
const outputCharsMaxUnknown = 10_000
/** `--max-output` below this leaves no room for an answer that can be read. */
export const outputCharsMin = 500

export function outputCharsMaxFor(clientName: string | undefined): number {
  const name = clientName?.toLowerCase() ?? ''
  return outputCharsMaxByClient.find(([prefix]) => name.startsWith(prefix))?.[1] ?? outputCharsMaxUnknown
}

const headShare = 0.6
/** Room for the sentence between head and tail. */
const noticeChars = 160

/** Keeps head and tail, on line borders where there are any near, and says how many characters are gone. */
export function capText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const room = Math.max(charsMax - noticeChars, 0)
  const headEnd = lineBorderBefore(text, Math.floor(room * headShare))
  const tailStart = lineBorderAfter(text, text.length - (room - headEnd))
  const dropped = tailStart - headEnd
  return [
    text.slice(0, headEnd),
    `[… ${dropped} characters left out here: the answer is limited to ${charsMax}. Ask for a smaller part to read on. …]`,
    text.slice(tailStart),
  ].join('\n')
}

/** A cut moves to a line border rather than cut a line, but gives up no more than this share of head or tail for it. */
const borderShare = 0.25

function lineBorderBefore(text: string, at: number): number {
  const border = text.lastIndexOf('\n', at)
  return wholeCharacter(text, border > at * (1 - borderShare) ? border : at)
}

function lineBorderAfter(text: string, at: number): number {
  const border = text.indexOf('\n', at)
  const isNear = border >= 0 && border < at + (text.length - at) * borderShare
  return wholeCharacter(text, isNear ? border + 1 : at)
}

/** Moves a cut that would split a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at
}
