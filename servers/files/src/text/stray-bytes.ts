import type { Encoding } from './encoding.js'

/**
 * UTF-8 with some bytes that are not: each of those becomes one private-use character, so that the rest
 * stays readable and new text is written as UTF-8. A file that really holds such a character does not
 * survive the round trip and gets another encoding.
 */
export function utf8WithStrayBytes(bom: Uint8Array): Encoding {
  const name = bom.length > 0 ? 'utf-8 bom, invalid bytes' : 'utf-8, invalid bytes'
  // Stray bytes that come to stand together may be a character.
  return { name, bom, concatenates: false, decode, encode }
}

/** U+EF80…U+EFFF stand for the bytes 0x80…0xFF. */
const strayBase = 0xef00
const strayPattern = /[\uef80-\uefff]/

/** How many multi-byte characters are valid UTF-8, and how many bytes are part of none. */
export function countUtf8(bytes: Uint8Array): { characters: number; strayBytes: number } {
  let characters = 0
  let strayBytes = 0
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length > 1) characters += 1
    if (length === 0) strayBytes += 1
    at += Math.max(length, 1)
  }
  return { characters, strayBytes }
}

function decode(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const parts: string[] = []
  let clean = 0
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      parts.push(bytes.toString('utf8', clean, at), String.fromCharCode(strayBase + (bytes[at] ?? 0)))
      clean = at + 1
    }
    at += Math.max(length, 1)
  }
  parts.push(bytes.toString('utf8', clean))
  return parts.join('')
}

function encode(text: string): Buffer {
  if (!strayPattern.test(text)) return Buffer.from(text, 'utf8')
  const parts = text.split(/([\uef80-\uefff])/)
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - strayBase) : Buffer.from(part, 'utf8'),
    ),
  )
}

/** Length of the valid sequence at `at`, 0 when there is none. Bounds of the second byte: Unicode, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  const shape = shapeOf(lead)
  if (!shape) return 0
  const second = bytes[at + 1] ?? 0
  if (second < shape.secondMin || second > shape.secondMax) return 0
  for (let next = 2; next < shape.length; next += 1) {
    const byte = bytes[at + next] ?? 0
    if (byte < 0x80 || byte > 0xbf) return 0
  }
  return shape.length
}

interface Shape {
  length: number
  secondMin: number
  secondMax: number
}

function shapeOf(lead: number): Shape | undefined {
  if (lead >= 0xc2 && lead <= 0xdf) return { length: 2, secondMin: 0x80, secondMax: 0xbf }
  if (lead === 0xe0) return { length: 3, secondMin: 0xa0, secondMax: 0xbf }
  if (lead === 0xed) return { length: 3, secondMin: 0x80, secondMax: 0x9f }
  if (lead >= 0xe1 && lead <= 0xef) return { length: 3, secondMin: 0x80, secondMax: 0xbf }
  if (lead === 0xf0) return { length: 4, secondMin: 0x90, secondMax: 0xbf }
  if (lead >= 0xf1 && lead <= 0xf3) return { length: 4, secondMin: 0x80, secondMax: 0xbf }
  if (lead === 0xf4) return { length: 4, secondMin: 0x80, secondMax: 0x8f }
  return undefined
}
