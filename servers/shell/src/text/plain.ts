/** What a terminal would end up showing, as plain text: no escape sequences, no overwritten progress lines. */
export function plainText(raw: string): string {
  const bare = raw.includes('\x1b') ? raw.replace(escapeSequences, '') : raw
  const lines = /[\r\b]/.test(bare) ? bare.split('\n').map(settleLine).join('\n') : bare
  return lines.replace(otherControls, picture)
}

/** The number of trailing characters that belong to an escape sequence or line end still being written. */
export function unfinishedChars(raw: string): number {
  if (raw.endsWith('\r')) return 1
  const start = raw.lastIndexOf('\x1b')
  if (start < 0 || raw.length - start > escapeCharsMax) return 0
  return unfinishedEscape.test(raw.slice(start)) ? raw.length - start : 0
}

const escapeCharsMax = 256

/** CSI (with its intermediate bytes), then OSC, DCS, SOS, PM and APC up to their terminator, then two-byte escapes. */
const escapeSequences =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b[ -/]*[0-~]/g
const unfinishedEscape = /^\x1b(?:\[[0-?]*[ -/]*|\][^\x07]*|[PX^_].*|[ -/]*)$/s

/** Everything below space but TAB and LF, DEL, and the second control block, which a terminal may also obey. */
const otherControls = /[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]/g

/** A line that was rewritten with carriage returns keeps its last version; backspaces take back what they follow. */
function settleLine(line: string): string {
  const versions = line.split('\r')
  const last = versions.findLast((version) => version !== '') ?? ''
  return last.includes('\b') ? applyBackspaces(last) : last
}

function applyBackspaces(line: string): string {
  const kept: string[] = []
  for (const character of line) {
    if (character === '\b') kept.pop()
    else kept.push(character)
  }
  return kept.join('')
}

/** Control characters are shown by their symbols: the reader sees that they are there, and nothing obeys them. */
function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
