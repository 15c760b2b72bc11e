import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineReader } from './line-reader.js'

function readAll(chunks: readonly Buffer[], bytesMax = 1_000) {
  const lines: string[] = []
  const read = createLineReader({ bytesMax, onLine: (line) => void lines.push(line) })
  return { taken: chunks.map((chunk) => read(chunk)), lines }
}

/** Cuts bytes at any places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
}

describe('lines', () => {
  const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/[\r\n\ud800-\udfff]/g, ''))

  it('are the same however the bytes are cut, also within a character', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, places) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''))
        expect(readAll(cut(bytes, places)).lines).toEqual(lines.filter((each) => each !== ''))
      }),
    )
  })

  it('may end as on Windows; an unfinished one waits', () => {
    expect(readAll([Buffer.from('{"a":1}\r\n\r\n{"b"'), Buffer.from(':2}'), Buffer.from('\n{"c"')]).lines).toEqual([
      '{"a":1}',
      '{"b":2}',
    ])
  })

  it('may have the length that is allowed, and not a byte more', () => {
    const whole = 'x'.repeat(10)
    expect(readAll([Buffer.from(`${whole}\n${whole}\n`)], 10)).toEqual({ taken: [true], lines: [whole, whole] })
    expect(readAll([Buffer.from('y\n'), Buffer.from(`${whole}x\nz\n`), Buffer.from('z\n')], 10)).toEqual({
      taken: [true, false, false],
      lines: ['y'],
    })
    expect(readAll([Buffer.from(whole), Buffer.from('x')], 10).taken).toEqual([true, false])
  })

  it('cost what their bytes cost: a large one comes in many chunks', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const chunks = [...Array.from({ length: 1_000 }, () => chunk), Buffer.from('\n')]
    const begin = performance.now()
    const { lines } = readAll(chunks, 100_000_000)
    expect(lines[0]?.length).toBe(65_536_000)
    // Copied and searched once per chunk it would be 64 GB.
    expect(performance.now() - begin).toBeLessThan(2_000)
  })
})
