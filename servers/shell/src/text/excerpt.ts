import { plainText, unfinishedChars } from './plain.js'
import { strayBytes, wholeBytes } from './utf8.js'

/** Output that can be read by byte offset; `read` returns fewer bytes where they were not kept. */
export interface Source {
  read(from: number, to: number): Buffer
  /** First kept byte at or after `offset`. */
  nextKept(offset: number): number
}

export interface Range {
  from: number
  to: number
  /** More may follow: a character or escape sequence cut at the end is left for the next read. */
  open: boolean
}

export interface Excerpt {
  head: string
  /** Absent when everything fits. */
  gap?: { from: number; to: number; tail: string }
  /** Where the next read goes on. */
  next: number
}

/** Raw bytes looked at for either end of an answer: enough for progress bars that collapse to a few lines. */
const windowBytesMax = 1024 * 1024

/** The range as plain text of at most `charsMax` characters: whole, or its head and its tail. */
export function excerptOf(source: Source, range: Range, charsMax: number): Excerpt {
  const { from } = range
  const to = range.open ? range.to - unfinishedBytes(source, range) : range.to
  if (to - from <= windowBytesMax) {
    const bytes = source.read(from, to)
    const whole = bytes.length === to - from ? decode(bytes) : undefined
    if (whole !== undefined && whole.length <= charsMax) return { head: whole, next: to }
  }
  const head = takeHead(source.read(from, Math.min(to, from + windowBytesMax)), Math.ceil(charsMax / 2))
  const gapFrom = from + head.bytes
  const tailFrom = source.nextKept(Math.max(gapFrom, to - windowBytesMax))
  const tail = takeTail(source.read(tailFrom, to), charsMax - head.text.length)
  const gapTo = Math.max(gapFrom, to - tail.bytes)
  if (gapTo === gapFrom) return { head: head.text + tail.text, next: to }
  return { head: head.text, gap: { from: gapFrom, to: gapTo, tail: tail.text }, next: to }
}

interface Taken {
  text: string
  bytes: number
}

/** Whole lines from the start; of a first line that is too long, its start. */
function takeHead(bytes: Buffer, charsMax: number): Taken {
  const texts: string[] = []
  let chars = 0
  let taken = 0
  while (taken < bytes.length) {
    const end = lineEnd(bytes, taken)
    const text = decode(bytes.subarray(taken, end))
    if (chars + text.length > charsMax) break
    texts.push(text)
    chars += text.length
    taken = end
  }
  if (taken > 0 && chars >= charsMax / 2) return { text: texts.join(''), bytes: taken }
  const part = bytes.subarray(taken, taken + (charsMax - chars))
  const end = taken + wholeBytes(part)
  return { text: texts.join('') + decode(bytes.subarray(taken, end)), bytes: end }
}

/** Whole lines from the end; of a last line that is too long, its end. */
function takeTail(bytes: Buffer, charsMax: number): Taken {
  const texts: string[] = []
  let chars = 0
  let start = bytes.length
  while (start > 0) {
    const from = lineStart(bytes, start)
    const text = decode(bytes.subarray(from, start))
    if (chars + text.length > charsMax) break
    texts.unshift(text)
    chars += text.length
    start = from
  }
  if (start < bytes.length && chars >= charsMax / 2) return { text: texts.join(''), bytes: bytes.length - start }
  const cut = Math.max(0, start - (charsMax - chars))
  const from = cut + strayBytes(bytes.subarray(cut, start))
  return { text: decode(bytes.subarray(from, start)) + texts.join(''), bytes: bytes.length - from }
}

const newline = 0x0a

function lineEnd(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(newline, from)
  return at < 0 ? bytes.length : at + 1
}

/** Start of the line that ends at `to`, whose last byte may be its newline. */
function lineStart(bytes: Buffer, to: number): number {
  return to < 2 ? 0 : bytes.lastIndexOf(newline, to - 2) + 1
}

function decode(bytes: Buffer): string {
  return plainText(bytes.toString('utf8'))
}

const unfinishedBytesMax = 1024

function unfinishedBytes(source: Source, { from, to }: Range): number {
  const bytes = source.read(Math.max(from, to - unfinishedBytesMax), to)
  const whole = wholeBytes(bytes)
  const text = bytes.subarray(0, whole).toString('utf8')
  const unfinished = unfinishedChars(text)
  return bytes.length - whole + Buffer.byteLength(text.slice(text.length - unfinished))
}
