/** Reads a text from front to back by sticky patterns; white space between matches is skipped. */
export function createCursor(text: string) {
  let at = 0

  function skipSpace(): void {
    while (at < text.length && text.charAt(at).trim() === '') at += 1
  }

  return {
    take(pattern: RegExp): RegExpExecArray | undefined {
      skipSpace()
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (!match) return undefined
      at += match[0].length
      return match
    },
    atEnd(): boolean {
      skipSpace()
      return at === text.length
    },
  }
}
