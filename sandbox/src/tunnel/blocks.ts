/** Bytes that wait, in memory that is not much larger than they are, in however small parts they came. */
export interface Blocks {
  /** The bytes may be part of something large that nobody else needs; it is not kept. */
  add(bytes: Buffer): void
  /** The first of them, as many as hang together. */
  take(): Buffer | undefined
}

const blockBytes = 32 * 1024

export function createBlocks(): Blocks {
  const full: Buffer[] = []
  let open = Buffer.alloc(0)
  let used = 0

  return {
    add(bytes) {
      for (let rest = bytes; rest.length > 0; ) {
        if (used === open.length) {
          if (used > 0) full.push(open)
          open = Buffer.allocUnsafeSlow(Math.max(blockBytes, rest.length))
          used = 0
        }
        const copied = rest.copy(open, used)
        used += copied
        rest = rest.subarray(copied)
      }
    },
    take() {
      const first = full.shift()
      if (first !== undefined) return first
      if (used === 0) return undefined
      // A part is copied out: it may stay somewhere for long, and would keep the whole block.
      const last = used < open.length ? Buffer.from(open.subarray(0, used)) : open
      if (used === open.length) open = Buffer.alloc(0)
      used = 0
      return last
    },
  }
}
