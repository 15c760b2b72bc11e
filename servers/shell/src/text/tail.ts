import type { Spool } from '../spool/spool.js'

const blockBytes = 64 * 1024
const newline = 0x0a

/** Offset where the last `lines` lines begin, as far as they were kept. */
export function tailOf(spool: Pick<Spool, 'size' | 'read'>, lines: number): number {
  const size = spool.size()
  // The newline that ends the last line does not begin another.
  let wanted = spool.read(size - 1, size)[0] === newline ? lines + 1 : lines
  for (let to = size; to > 0; to -= blockBytes) {
    const from = Math.max(0, to - blockBytes)
    const block = spool.read(from, to)
    if (block.length < to - from) return to
    for (let at = block.length - 1; at >= 0; at--) {
      if (block[at] !== newline) continue
      wanted -= 1
      if (wanted === 0) return from + at + 1
    }
  }
  return 0
}
