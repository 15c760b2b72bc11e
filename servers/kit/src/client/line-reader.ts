export interface LineReaderOptions {
  /** Of one line, without its end. */
  bytesMax: number
  /** Called with each line that is complete and not empty. */
  onLine(line: string): void
}

const newline = 0x0a

/**
 * Takes bytes as they come and hands out lines, each byte looked at and copied once: the SDK's own buffer does so
 * again with every chunk, which is seconds for a message of some megabytes. Answers false, and takes nothing more,
 * once a line is longer than it may be.
 */
export function createLineReader({ bytesMax, onLine }: LineReaderOptions): (chunk: Buffer) => boolean {
  let parts: Buffer[] = []
  let length = 0
  let isOver = false

  const add = (part: Buffer): void => {
    parts.push(part)
    length += part.length
    isOver ||= length > bytesMax
  }
  const take = (): string => {
    const line = Buffer.concat(parts).toString().replace(/\r$/, '')
    parts = []
    length = 0
    return line
  }

  return (chunk) => {
    let start = 0
    while (!isOver) {
      const end = chunk.indexOf(newline, start)
      add(chunk.subarray(start, end === -1 ? chunk.length : end))
      if (end === -1 || isOver) break
      const line = take()
      if (line !== '') onLine(line)
      start = end + 1
    }
    return !isOver
  }
}
