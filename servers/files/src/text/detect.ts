import { isUtf8 } from 'node:buffer'
import { type Encoding, type Iconv, latin1, legacy, utf8, utf8Bom, utf16be, utf16le } from './encoding.js'
import { guessLegacyEncodings } from './legacy-guess.js'
import { countUtf8, utf8WithStrayBytes } from './stray-bytes.js'

/** The encoding whose round trip gives exactly these bytes; `undefined` for what is not text. */
export async function detectEncoding(bytes: Uint8Array): Promise<Encoding | undefined> {
  const utf16 = [utf16le, utf16be].find(({ bom }) => startsWith(bytes, bom))
  if (utf16) return isUtf16Text(bytes.subarray(2), utf16) ? utf16 : undefined
  if (bytes.includes(0)) return undefined
  const unmarked = startsWith(bytes, utf8Bom.bom) ? utf8Bom : utf8
  const body = bytes.subarray(unmarked.bom.length)
  if (isUtf8(body)) return unmarked
  if (looksBinary(body)) return undefined
  const { characters, strayBytes } = countUtf8(body)
  if (characters >= strayBytes || unmarked.bom.length > 0) {
    const mixed = utf8WithStrayBytes(unmarked.bom)
    if (isLossless(body, mixed)) return mixed
  }
  return legacyEncoding(bytes)
}

function isLossless(body: Uint8Array, encoding: Encoding): boolean {
  return encoding.encode(encoding.decode(body)).equals(body)
}

async function legacyEncoding(bytes: Uint8Array): Promise<Encoding> {
  const iconv: Iconv = (await import('iconv-lite')).default
  const guesses = guessLegacyEncodings(bytes).map((name) => legacy(name, iconv))
  return guesses.find((encoding) => isLossless(bytes, encoding)) ?? latin1
}

/** With the `u` flag a pair is one character, so only a lone one matches. It could not be sent to a model and come back. */
const loneSurrogate = /\p{Surrogate}/u

function isUtf16Text(body: Uint8Array, encoding: Encoding): boolean {
  if (body.length % 2 !== 0) return false
  const text = encoding.decode(body)
  return !loneSurrogate.test(text) && !text.includes('\0')
}

/** Share of control characters from which bytes that are not UTF-8 are no text. */
const controlShareMax = 0.02

function looksBinary(bytes: Uint8Array): boolean {
  const controls = bytes.reduce((count, byte) => count + (isControl(byte) ? 1 : 0), 0)
  return controls > bytes.length * controlShareMax
}

/** Bell to carriage return, and escape (terminal colours), do occur in text. */
function isControl(byte: number): boolean {
  return byte < 0x07 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}
