/** How good a place to begin at this is: 0 within a word. */
export function wordStart(path: string, at: number): number {
  if (at === 0) return 9
  const before = path.charCodeAt(at - 1)
  if (before === slashCode) return 9
  if (!isWordCode(before)) return 8
  const here = path.charCodeAt(at)
  if (isUpper(here)) return isUpper(before) && !isLower(path.charCodeAt(at + 1)) ? 0 : 7
  return isDigit(here) && !isDigit(before) ? 6 : 0
}

const slashCode = 0x2f

function isWordCode(code: number): boolean {
  return isLower(code) || isUpper(code) || isDigit(code) || code >= 0x80
}

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Lower case that never changes the number of units, nor looks at neighbours, as `toLowerCase` of a whole text does. */
export function fold(text: string): string {
  const isAscii = !/[^\0-\x7f]/.test(text)
  if (isAscii) return text.toLowerCase()
  let folded = ''
  for (const character of text) {
    const lower = character.toLowerCase()
    folded += lower.length === character.length ? lower : character
  }
  return folded
}

/**
 * Which characters occur, as a set of 32 bits: a to z, even and odd digits, and what paths are divided by; everything
 * else shares a bit.
 */
export function maskOf(folded: string): number {
  let mask = 0
  for (let at = 0; at < folded.length; at += 1) mask |= 1 << bitOf(folded.charCodeAt(at))
  return mask
}

function bitOf(code: number): number {
  if (isLower(code)) return code - 0x61
  if (isDigit(code)) return 26 + (code & 1)
  if (code === slashCode) return 28
  if (code === 0x2e) return 29
  return code === 0x2d ? 30 : 31
}
