/** The longest beginning of a text that has at most so many bytes in UTF-8 and ends with a whole character. */
export function takeBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text)
  let end = Math.min(bytes.length, Math.max(0, bytesMax))
  while (end > 0 && end < bytes.length && isContinuation(bytes[end])) end -= 1
  return bytes.toString('utf8', 0, end)
}

export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
