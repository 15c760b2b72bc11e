import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader, type Frame } from './server-sent-events.js'

function read(text: string, sizes: readonly number[] = [text.length * 4]): Frame[] {
  const bytes = new TextEncoder().encode(text)
  const { push } = createFrameReader()
  const frames: Frame[] = []
  let at = 0
  for (const size of sizes) {
    frames.push(...push(bytes.slice(at, at + size)))
    at += size
  }
  return [...frames, ...push(bytes.slice(at))]
}

const lineEnds = ['\n', '\r\n', '\r']

test.each(lineEnds.map((end) => [JSON.stringify(end), end] as const))('reads lines that end with %s', (_, end) => {
  const text = ['id: 1', 'event: x', 'data: a', 'data: b', '', 'data:c', '', ''].join(end)
  expect(read(text)).toEqual([{ data: 'a\nb' }, { data: 'c' }])
})

test('reads the same whatever the cuts', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
    fc.constantFrom('', ': keep-alive', ':', 'retry: 40', 'data', 'event: x', 'id: 7', 'data:  two', 'unknown: 1'),
  )
  const lines = fc.array(fc.tuple(line, fc.constantFrom(...lineEnds)))
  fc.assert(
    fc.property(lines, fc.array(fc.integer({ min: 1, max: 3 })), (given, sizes) => {
      const text = given.map(([content, end]) => content + end).join('')
      expect(read(text, sizes)).toEqual(read(text))
    }),
  )
})

test('reads every byte on its own, also of a long character and a CRLF', () => {
  const text = '\uFEFF: hello\r\n\r\ndata: Überprüft ✓ 🦊\r\ndata:\r\n\r\n'
  expect(
    read(
      text,
      Array.from(text, () => 1),
    ),
  ).toEqual([{ data: 'Überprüft ✓ 🦊\n' }])
})

test('takes one space after the colon, and a field without a colon as empty', () => {
  expect(read('data:  x\n\ndata\ndata\n\n')).toEqual([{ data: ' x' }, { data: '\n' }])
})

test('drops what is not complete at the end, and events without data', () => {
  expect(read('event: x\nid: 3\n\ndata: half')).toEqual([])
  expect(read('data: half\n')).toEqual([])
})

test('tells how long to wait, when that is a number', () => {
  expect(read('retry: 500\nretry: soon\nretry: -1\nretry:\n\n')).toEqual([{ retryMs: 500 }])
})

test('gives up on a line without an end', () => {
  const { push } = createFrameReader()
  const piece = new Uint8Array(8 * 1_024 * 1_024).fill(97)
  expect(() => {
    for (let count = 0; count < 9; count += 1) push(piece)
  }).toThrow(/at most 67108864 characters/)
})
