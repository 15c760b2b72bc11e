/** Spaces, tabs, vertical tabs and form feeds. No-break and other Unicode spaces are typography, not layout. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c
}

export function withoutTrailing(line: string): string {
  let end = line.length
  while (end > 0 && isSpace(line.charCodeAt(end - 1))) end -= 1
  return end === line.length ? line : line.slice(0, end)
}

/** The spaces and tabs that a line begins with. */
export function indentationOf(line: string): string {
  let end = 0
  while (line.charCodeAt(end) === 0x20 || line.charCodeAt(end) === 0x09) end += 1
  return line.slice(0, end)
}

export function isBlank(line: string): boolean {
  return withoutTrailing(line) === ''
}

/** A line without indentation and trailing whitespace. */
export function bodyOf(line: string): string {
  return withoutTrailing(line.slice(indentationOf(line).length))
}

/** Lines of a block as a model writes it: one final newline neither adds a line nor is needed; "" is no line. */
export function blockLines(block: string): string[] {
  if (block === '') return []
  return (block.endsWith('\n') ? block.slice(0, -1) : block).split('\n')
}
