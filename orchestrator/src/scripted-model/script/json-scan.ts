/** Levels of arrays and objects; deeper input is refused rather than recursed into. */
export const jsonDepthMax = 500

/** Broken JSON: where (0-based offset into the text) and what stood to be expected there. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly offset: number

  constructor(offset: number, expected: string) {
    super(`expected ${expected}`)
    this.offset = offset
  }
}

/**
 * Walks JSON text and reports the offset of every value by its path (keys joined by `/`, the root is the empty path).
 * `JSON.parse` says neither where a value stands nor, for half of its errors, where the text is broken.
 */
export function scanJson(text: string): Map<string, number> {
  const offsets = new Map<string, number>()
  let at = 0
  scanValue([])
  skipSpace()
  if (at < text.length) fail('the end of the text')
  return offsets

  function scanValue(path: readonly (string | number)[]): void {
    if (path.length > jsonDepthMax) fail(`at most ${jsonDepthMax} levels of nesting`)
    skipSpace()
    offsets.set(pathKey(path), at)
    if (text[at] === '{') scanObject(path)
    else if (text[at] === '[') scanArray(path)
    else if (text[at] === '"') scanString()
    else scanLiteral()
  }

  function scanObject(path: readonly (string | number)[]): void {
    at += 1
    skipSpace()
    if (take('}')) return
    do {
      skipSpace()
      if (text[at] !== '"') fail('a key in double quotes')
      const key = scanString()
      skipSpace()
      if (!take(':')) fail("':' after the key")
      scanValue([...path, key])
      skipSpace()
    } while (take(','))
    if (!take('}')) fail("',' or '}'")
  }

  function scanArray(path: readonly (string | number)[]): void {
    at += 1
    skipSpace()
    if (take(']')) return
    let index = 0
    do {
      scanValue([...path, index])
      index += 1
      skipSpace()
    } while (take(','))
    if (!take(']')) fail("',' or ']'")
  }

  function scanString(): string {
    const found = match(/"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y)
    const start = at
    at += found.length
    if (!take('"')) {
      fail(at < text.length ? 'an escaped character (\\n, \\\\, \\u0000) in a string' : 'the closing double quote')
    }
    return String(JSON.parse(text.slice(start, at)))
  }

  function scanLiteral(): void {
    const found = match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    if (found === '') fail('a value')
    at += found.length
  }

  function match(pattern: RegExp): string {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0] ?? ''
  }

  function skipSpace(): void {
    at += match(/[ \t\r\n]*/y).length
  }

  function take(character: string): boolean {
    if (text[at] !== character) return false
    at += 1
    return true
  }

  function fail(expected: string): never {
    throw new JsonSyntaxError(at, expected)
  }
}

/** Whether JSON text nests past the limit; cheap enough for every request, where a scan is for broken ones alone. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length && depth <= jsonDepthMax; at += 1) {
    const character = text[at]
    if (character === '"') at = stringEnd(text, at)
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
  }
  return depth > jsonDepthMax
}

/** The offset of the quote that closes a string, or the end of the text. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes += 1
  return backslashes % 2 === 1
}

export function pathKey(path: readonly PropertyKey[]): string {
  return path.map(String).join('/')
}

/** `line 3, column 7`, both counted from 1. */
export function describePosition(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}
