/** Follows JSON that arrives in pieces, each character once, and tells whether its object has come to an end. */
export interface JsonEnd {
  push(piece: string): void
  /** The braces that were opened are closed; what stands between them may still be no JSON. */
  readonly isWhole: boolean
}

export function createJsonEnd(): JsonEnd {
  let depth = 0
  let begun = false
  let inText = false
  let escaped = false

  return {
    push(piece) {
      for (const char of piece) {
        if (escaped) escaped = false
        else if (inText) {
          if (char === '\\') escaped = true
          else if (char === '"') inText = false
        } else if (char === '"') inText = true
        else if (char === '{' || char === '[') {
          depth += 1
          begun = true
        } else if (char === '}' || char === ']') depth -= 1
      }
    },
    get isWhole() {
      return begun && depth <= 0 && !inText
    },
  }
}
