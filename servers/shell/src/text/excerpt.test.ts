import fc from 'fast-check'
import { expect, test } from 'vitest'
import { excerptOf, type Source } from './excerpt.js'

function sourceOf(bytes: Buffer): Source {
  return { read: (from, to) => bytes.subarray(from, to), nextKept: (offset) => offset }
}

const text = fc.array(fc.constantFrom('a', 'é', '日', '🎉', '\n', 'word ', 'line\n', '\r\n', '\t'), { maxLength: 400 })

test('what fits is shown whole, and the next read goes on at its end', () => {
  fc.assert(
    fc.property(text, (parts) => {
      const bytes = Buffer.from(parts.join(''))
      const range = { from: 0, to: bytes.length, open: false }
      const { head, gap, next } = excerptOf(sourceOf(bytes), range, 10_000)
      expect(head).toBe(parts.join('').replaceAll('\r\n', '\n'))
      expect(gap).toBeUndefined()
      expect(next).toBe(bytes.length)
    }),
  )
})

test('head, gap and tail make up the whole, without halves of characters, within the limit', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 8, max: 300 }), (parts, charsMax) => {
      const bytes = Buffer.from(parts.join('').replaceAll('\r', ''))
      const range = { from: 0, to: bytes.length, open: false }
      const { head, gap } = excerptOf(sourceOf(bytes), range, charsMax)
      const tail = gap?.tail ?? ''
      expect(head.length + tail.length).toBeLessThanOrEqual(charsMax)
      expect(head + tail).not.toContain('\ufffd')
      const between = gap === undefined ? '' : bytes.subarray(gap.from, gap.to).toString()
      expect(head + between + tail).toBe(bytes.toString())
    }),
  )
})

test('reading piece by piece while it grows gives the whole', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(2_000), { maxLength: 10 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''))
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
      let shown = ''
      let from = 0
      for (const [index, to] of ends.entries()) {
        const open = index < ends.length - 1
        const excerpt = excerptOf(sourceOf(bytes), { from, to: Math.max(from, to), open }, 10_000)
        shown += excerpt.head
        from = excerpt.next
      }
      expect(shown).toBe(parts.join('').replaceAll('\r\n', '\n'))
    }),
  )
})

test('an escape sequence that is not finished waits for its end', () => {
  const bytes = Buffer.from('a\x1b[31')
  expect(excerptOf(sourceOf(bytes), { from: 0, to: bytes.length, open: true }, 100)).toEqual({ head: 'a', next: 1 })
  expect(excerptOf(sourceOf(bytes), { from: 0, to: bytes.length, open: false }, 100).next).toBe(bytes.length)
})
