/**
 * Bytes that lie in pieces: an edit of a large file makes a few new ones and shares the others, because memory for all
 * of it takes longer to get than the edit does. They are never changed.
 */
export interface Bytes {
  readonly length: number
  readonly pieces: readonly Uint8Array[]
  /** In one piece. */
  whole(): Buffer
  /** Those from `start` up to, not including, `end`. */
  cut(start: number, end?: number): Uint8Array[]
}

/** With more, the work for each outweighs what is saved. */
const piecesMax = 32

export function bytesOf(piece: Uint8Array): Bytes {
  return bytesInPieces([piece])
}

export function bytesInPieces(pieces: readonly Uint8Array[]): Bytes {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const some = pieces.filter((piece) => piece.length > 0)
  const kept = some.length > piecesMax || holdsTooMuch(some, length) ? [Buffer.concat(some)] : some
  return {
    length,
    pieces: kept,
    whole() {
      const [only = empty, ...more] = kept
      return more.length > 0 ? Buffer.concat(kept) : Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    },
    cut: (start, end = length) => [...cut(kept, start, end)],
  }
}

const empty = Buffer.alloc(0)
/** Beyond the bytes themselves: pieces of a text that has become much shorter would keep all of the old one. */
const sparedBytesMax = 1 << 20

function holdsTooMuch(pieces: readonly Uint8Array[], length: number): boolean {
  const held = new Set(pieces.map(({ buffer }) => buffer))
  return [...held].reduce((sum, { byteLength }) => sum + byteLength, 0) > 2 * length + sparedBytesMax
}

function* cut(pieces: readonly Uint8Array[], start: number, end: number): Generator<Uint8Array> {
  let from = 0
  for (const piece of pieces) {
    const [first, last] = [Math.max(start - from, 0), Math.min(end - from, piece.length)]
    if (first < last) yield piece.subarray(first, last)
    from += piece.length
  }
}
