import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capText, outputCharsMaxFor, outputCharsMin } from './size.js'

const notice =
  /\n\[… (\d+) characters left out here: the answer is limited to (\d+)\. Ask for a smaller part to read on\. …\]\n/

/** Text with everything that a cut can get wrong: pairs of surrogates, short lines, long lines, empty lines. */
const piece = fc.oneof(
  fc.constantFrom('\n', '\n\n', '😀', 'é', 'x'.repeat(3_000), '漢字'.repeat(40)),
  fc.string({ maxLength: 60, unit: 'grapheme' }),
)
const longText = fc.array(piece, { minLength: 20, maxLength: 80 }).map((pieces) => pieces.join(''))
const limit = fc.integer({ min: outputCharsMin, max: 5_000 })

describe('capping an answer', () => {
  it('leaves what fits alone', () => {
    fc.assert(fc.property(longText, (text) => void expect(capText(text, Math.max(text.length, 1))).toBe(text)))
  })

  it('never passes the limit', () => {
    fc.assert(
      fc.property(longText, limit, (text, max) => void expect(capText(text, max).length).toBeLessThanOrEqual(max)),
    )
  })

  it('keeps a head and a tail and counts what is gone between them', () => {
    fc.assert(
      fc.property(longText, limit, (text, max) => {
        fc.pre(text.length > max)
        const capped = capText(text, max)
        const [whole, dropped, said] = notice.exec(capped) ?? []
        if (whole === undefined) throw new Error(`No notice in: ${capped}`)
        const head = capped.slice(0, capped.indexOf(whole))
        const tail = capped.slice(capped.indexOf(whole) + whole.length)
        expect(text.startsWith(head)).toBe(true)
        expect(text.endsWith(tail)).toBe(true)
        expect(head.length + Number(dropped) + tail.length).toBe(text.length)
        expect(said).toBe(String(max))
        // Neither of them is given up for a line border.
        expect(head.length).toBeGreaterThan(max * 0.25)
        expect(tail.length).toBeGreaterThan(max * 0.15)
      }),
    )
  })

  it('splits no character', () => {
    fc.assert(fc.property(longText, limit, (text, max) => void expect(isWellFormed(capText(text, max))).toBe(true)))
  })

  it('cuts between lines where the lines are short', () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`)
    const [head = '', tail = ''] = capText(lines.join('\n'), 2_000).split(/\n\[….*…\]\n/)
    for (const line of [...head.split('\n'), ...tail.split('\n')]) expect(lines).toContain(line)
  })

  it('keeps a tail also when the only line border is the last character', () => {
    expect(capText(`${'x'.repeat(2_000)}\n`, 500).endsWith(`${'x'.repeat(100)}\n`)).toBe(true)
  })
})

describe('the limit for a client', () => {
  it.each([
    ['auroracoder', 60_000],
    ['codex-mcp-client', 10_000],
    ['Claude-Code', 45_000],
    ['gemini-cli-mcp-client', 40_000],
    ['opencode', 50_000],
    ['somebody else', 10_000],
    ['', 10_000],
    [undefined, 10_000],
  ])('%j is %i characters', (name, chars) => {
    expect(outputCharsMaxFor(name)).toBe(chars)
  })
})

/** Encoding replaces a lone surrogate, so the text does not come back. */
function isWellFormed(text: string): boolean {
  return new TextDecoder().decode(new TextEncoder().encode(text)) === text
}
