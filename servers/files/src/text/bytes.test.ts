import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesInPieces, bytesOf } from './bytes.js'

test('bytes in pieces are those in one piece, whichever way they are cut and put together', () => {
  const piece = fc.uint8Array({ maxLength: 5 })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 80 }), fc.nat(200), fc.nat(200), (pieces, one, other) => {
      const whole = Buffer.concat(pieces)
      const bytes = bytesInPieces(pieces)
      expect(bytes.whole()).toEqual(whole)
      expect(bytes.length).toBe(whole.length)
      expect(Buffer.concat(bytes.pieces)).toEqual(whole)
      expect(bytes.pieces.length).toBeLessThanOrEqual(32)
      const [start, end] = [Math.min(one, other), Math.max(one, other)]
      expect(Buffer.concat(bytes.cut(start, end))).toEqual(whole.subarray(start, end))
      expect(Buffer.concat(bytes.cut(start))).toEqual(whole.subarray(start))
    }),
  )
})

test('a small piece does not keep the large memory that it was cut from', () => {
  const large = bytesOf(Buffer.alloc(4_000_000, 'a'))
  const [piece] = bytesInPieces(large.cut(10, 20)).pieces
  expect(piece?.buffer.byteLength).toBeLessThan(100_000)
})
