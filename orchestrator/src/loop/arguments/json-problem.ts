/** Deeper JSON is refused rather than followed. */
const depthMax = 200

export interface JsonProblem {
  /** 0-based. */
  offset: number
  expected: string
}

/** Where a text stops being JSON, and what could have stood there: `JSON.parse` names the place only sometimes. */
export function jsonProblem(text: string): JsonProblem {
  let at = 0
  let problem: JsonProblem | undefined

  function fail(expected: string): false {
    problem ??= { offset: at, expected }
    return false
  }

  function space(): void {
    while (' \t\r\n'.includes(text.charAt(at)) && at < text.length) at += 1
  }

  function take(char: string): boolean {
    space()
    if (text[at] !== char) return false
    at += 1
    return true
  }

  function value(depth: number): boolean {
    space()
    if (depth > depthMax) return fail(`at most ${depthMax} levels`)
    if (text[at] === '{') return list({ depth, end: '}', member })
    if (text[at] === '[') return list({ depth, end: ']', member: value })
    if (text[at] === '"') return string()
    const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y
    literal.lastIndex = at
    const match = literal.exec(text)
    if (!match) return fail('a value')
    at += match[0].length
    return true
  }

  function list(options: { depth: number; end: string; member: (depth: number) => boolean }): boolean {
    const { depth, end, member } = options
    at += 1
    if (take(end)) return true
    while (member(depth + 1)) {
      if (take(end)) return true
      if (!take(',')) return fail(`"," or "${end}"`)
    }
    return false
  }

  function member(depth: number): boolean {
    space()
    if (text[at] !== '"') return fail('a key in double quotes')
    return string() && (take(':') || fail('":"')) && value(depth)
  }

  function string(): boolean {
    const part = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
    part.lastIndex = at + 1
    at += 1 + (part.exec(text)?.[0].length ?? 0)
    if (text[at] === '"') {
      at += 1
      return true
    }
    return fail(text[at] === '\\' ? 'a valid escape' : 'the end of the string (control characters must be escaped)')
  }

  if (value(0)) {
    space()
    if (at < text.length) fail('nothing more')
  }
  return problem ?? { offset: at, expected: 'valid JSON' }
}
