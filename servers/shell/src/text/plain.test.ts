import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainText } from './plain.js'

describe('plain text shows what a terminal would end up with', () => {
  const shown: [name: string, raw: string, plain: string][] = [
    ['colours', '\x1b[1;31mred\x1b[0m', 'red'],
    ['cursor moves', 'a\x1b[2J\x1b[H\x1b[?25lb\x1b[10;20Hc', 'abc'],
    ['a window title', '\x1b]0;title\x07text\x1b]2;other\x1b\\more', 'textmore'],
    ['a hyperlink', '\x1b]8;;https://x.y\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['character sets and keypad modes', '\x1b(Ba\x1b=b\x1b>c\x1b7d\x1b8', 'abcd'],
    ['device control', 'a\x1bPq#0;2;0;0;0\x1b\\b', 'ab'],
    ['a progress line', '1%\r50%\r100%\ndone\r\n', '100%\ndone\n'],
    ['a progress line that is cleared', 'work\r\x1b[Kdone', 'done'],
    ['carriage returns before a line end', 'a\r\r\nb', 'a\nb'],
    ['backspaces', 'abc\b\bX\n', 'aX\n'],
    ['more backspaces than text', 'a\b\b\bb', 'b'],
    ['tabs', 'a\tb', 'a\tb'],
    ['control characters', 'a\x00b\x07c\x7fd\x9be', 'a\u2400b\u2407c\u2421d\ufffde'],
    ['an escape at the end', 'abc\x1b', 'abc\u241b'],
    ['emoji and combining characters', '🎉é日本', '🎉é日本'],
  ]
  test.for(shown)('%s', ([, raw, plain]) => {
    expect(plainText(raw)).toBe(plain)
  })
})

test('nothing that a terminal obeys is left, and nothing is longer than before', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      const plain = plainText(raw)
      expect(plain).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
      expect(plain.length).toBeLessThanOrEqual(raw.length)
    }),
  )
})

test('text without controls stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      expect(plainText(text)).toBe(text)
    }),
  )
})
