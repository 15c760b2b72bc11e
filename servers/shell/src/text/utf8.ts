/** How many of the bytes are whole characters: a character cut at the end is left for the next read. */
export function wholeBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    return sequenceLength(byte) > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** How many bytes at the start belong to a character that began before them. */
export function strayBytes(bytes: Uint8Array): number {
  const longest = bytes.subarray(0, 3)
  const start = longest.findIndex((byte) => !isContinuation(byte))
  return start < 0 ? longest.length : start
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function sequenceLength(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4
  if (first >= 0xe0 && first < 0xf0) return 3
  if (first >= 0xc2 && first < 0xe0) return 2
  return 1
}
