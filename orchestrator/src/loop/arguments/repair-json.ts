/**
 * Mends the three slips of models that have one reading: a code fence around the JSON (its end may be missing), a
 * comma before a closing bracket, and raw control characters inside a string. The result need not be valid.
 */
export function repairJson(text: string): string {
  return withoutTrailingCommas(withoutFence(text))
}

function withoutFence(text: string): string {
  const fence = /^\s*```[a-z]*\s*\n/i.exec(text)
  return fence ? text.slice(fence[0].length).replace(/\s*```\s*$/, '') : text
}

const escapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

function withoutTrailingCommas(text: string): string {
  let repaired = ''
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (inString) {
      repaired += char === '\\' ? char + text.charAt(at + 1) : (escapes.get(char) ?? char)
      if (char === '\\') at += 1
      else if (char === '"') inString = false
    } else if (char !== ',' || !/^\s*[}\]]/.test(text.slice(at + 1, at + 200))) {
      repaired += char
      inString = char === '"'
    }
  }
  return repaired
}
