import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonProblem } from './json-problem.js'
import { readArguments } from './read-arguments.js'

test('valid JSON of an object is read as it is', () => {
  expect(readArguments('{"a": [1, {"b": null}]}')).toEqual({ args: { a: [1, { b: null }] }, repaired: undefined })
})

test('nothing at all means no arguments', () => {
  for (const text of ['', '  \n']) expect(readArguments(text)).toEqual({ args: {}, repaired: undefined })
})

const repairs: Record<string, [string, Record<string, unknown>]> = {
  'a trailing comma': ['{"a": 1,}', { a: 1 }],
  'a trailing comma in an array, before white space': ['{"a": [1, 2, \n]}', { a: [1, 2] }],
  'a raw line feed in a string': ['{"a": "x\ny"}', { a: 'x\ny' }],
  'raw tabs and carriage returns in a string': ['{"a": "x\r\n\ty"}', { a: 'x\r\n\ty' }],
  'a code fence': ['```json\n{"a": 1}\n```', { a: 1 }],
  'a code fence without its end': ['```\n{"a": 1}', { a: 1 }],
  'all of them': ['```json\n{"a": "x\ny", "b": [1,],}\n', { a: 'x\ny', b: [1] }],
}
for (const [what, [text, args]] of Object.entries(repairs)) {
  test(`${what} is mended`, () => {
    expect(readArguments(text)).toEqual({ args, repaired: JSON.stringify(args) })
  })
}

test('what looks like a slip inside a string is left alone', () => {
  const args = { a: 'x,}', b: '```json\n', c: 'say \\", ]' }
  expect(readArguments(`${JSON.stringify(args).slice(0, -1)},}`)).toMatchObject({ args })
})

const problems: Record<string, [string, RegExp]> = {
  'a cut string': ['{"a": "x', /expected the end of the string.* at line 1, column 9 .*found the end/],
  'a cut object': ['{"a": 1', /expected "," or "}" at line 1, column 8/],
  'a missing comma': ['{"a": 1\n "b": 2}', /expected "," or "}" at line 2, column 2/],
  'single quotes': ["{'a': 1}", /expected a key in double quotes at line 1, column 2/],
  'a bare word': ['{"a": yes}', /expected a value at line 1, column 7.*found "yes}"/],
  'a quote inside a string': ['{"a": "say "hi" now"}', /expected "," or "}" at line 1, column 13/],
  'words before the object': ['Sure: {"a": 1}', /expected a value at line 1, column 1/],
  'two objects': ['{"a": 1}{"b": 2}', /expected nothing more at line 1, column 9/],
  'an invalid escape': ['{"a": "\\x"}', /expected a valid escape/],
}
for (const [what, [text, says]] of Object.entries(problems)) {
  test(`${what} is not mended but told with its place`, () => {
    expect(readArguments(text)).toEqual({ problem: expect.stringMatching(says) })
  })
}

test('JSON that is no object is called by what it is', () => {
  const found = { '[]': 'an array', '"x"': 'a string', '1': 'a number', null: 'null', true: 'a boolean' }
  for (const [text, what] of Object.entries(found)) {
    expect(readArguments(text)).toEqual({ problem: expect.stringContaining(`found ${what}`) })
  }
})

test('deep nesting is refused rather than followed', () => {
  const text = '{"a":'.repeat(100_000)
  expect(readArguments(text)).toEqual({ problem: expect.stringMatching(/levels|value/) })
})

test('mending never changes what is valid', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 2), (value, indent) => {
      expect(readArguments(JSON.stringify(value, null, indent))).toMatchObject({ repaired: undefined })
    }),
  )
})

test('a trailing comma or a fence around any object gives that object back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
      const text = JSON.stringify(value, null, 2)
      const expected: unknown = JSON.parse(text)
      expect(readArguments(`${text.slice(0, -1)},\n}`)).toMatchObject({ args: expected })
      expect(readArguments(`\`\`\`json\n${text}\n\`\`\``)).toMatchObject({ args: expected })
    }),
  )
})

test('a problem is found exactly where JSON.parse refuses, and the text before it can be gone on with', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('"', '}', ',', 'x', '\\', '\n', ''), (json, at, inserted) => {
      const place = at % (json.length + 1)
      const text = inserted === '' ? json.slice(0, place) : json.slice(0, place) + inserted + json.slice(place)
      let isValid = true
      try {
        JSON.parse(text)
      } catch {
        isValid = false
      }
      const { offset, expected } = jsonProblem(text)
      expect(expected === 'valid JSON').toBe(isValid)
      expect(offset).toBeLessThanOrEqual(text.length)
    }),
  )
})
