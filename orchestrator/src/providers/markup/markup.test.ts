import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MarkupVariant, markupVariants, renderMarkup } from '../../scripted-model/index.js'
import type { ToolSpec } from '../model.js'
import { createMarkupFilter } from './filter.js'
import { readMarkup } from './read.js'

const tools: ToolSpec[] = [
  { name: 'write', description: '', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } },
]

/** Streams a text through the filter in pieces that end where `cuts` say. */
function stream(text: string, cuts: readonly number[]): { shown: string; held: string } {
  const filter = createMarkupFilter()
  const ends = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b)
  const shown = ends.slice(1).map((end, index) => filter.push(text.slice(ends[index], end)))
  return { shown: shown.join(''), held: filter.end() }
}

const markupOf = (variant: MarkupVariant, args: object = { text: 'a < b && c', count: 2 }) =>
  renderMarkup([{ name: 'write', arguments: JSON.stringify(args) }], variant)

test('every variant, split at every character, is held back whole and read as the call it is', () => {
  for (const variant of markupVariants) {
    const markup = markupOf(variant)
    for (let cut = 0; cut < markup.length; cut += 1) {
      const { shown, held } = stream(`Now.\n\n${markup}`, [6 + cut])
      expect(shown).toBe('Now.\n\n')
      expect(readMarkup(held, tools)).toEqual([{ name: 'write', arguments: '{"text":"a < b && c","count":2}' }])
    }
  }
})

test('several calls in one section are several calls', () => {
  const calls = [1, 2].map((count) => ({ name: 'write', arguments: JSON.stringify({ count }) }))
  for (const variant of markupVariants) expect(readMarkup(renderMarkup(calls, variant), tools)).toEqual(calls)
})

test('no beginning of a variant is a call, except where only the frame’s end is missing', () => {
  for (const variant of markupVariants) {
    const markup = markupOf(variant)
    const frame = /\s*<[^<]*(calls|tool_use|tool▁calls▁end|tool_calls_end)[^<]*>$/.exec(markup)
    const callEnd = variant.startsWith('dsml') || variant === 'xml' ? (frame?.index ?? markup.length) : markup.length
    for (let end = 1; end < callEnd; end += 1) expect(readMarkup(markup.slice(0, end), tools)).toBeUndefined()
  }
})

const refused: Record<string, string> = {
  'an unknown tool': markupOf('dsml-v4').replaceAll('write', 'erase'),
  'words after the section': `${markupOf('dsml-v4')}\nThat was it.`,
  'words between the tags': markupOf('dsml-v4').replace('<｜DSML｜invoke', 'so: <｜DSML｜invoke'),
  'JSON that is none': markupOf('dsml-v4').replace('>2<', '>two<'),
  'one parameter twice': markupOf('dsml-v4').replace('name="count"', 'name="text"'),
  'a section without a call': '<｜DSML｜tool_calls>\n</｜DSML｜tool_calls>',
  'a body that is no object': markupOf('dsml-json').replace(/\{.*\}/, '[1]'),
  'arguments in a tag that are no object': '<tool_call>{"name": "write", "arguments": "x"}</tool_call>',
}
for (const [what, markup] of Object.entries(refused)) {
  test(`${what} makes no call`, () => {
    expect(readMarkup(markup, tools)).toBeUndefined()
  })
}

test('a parameter without the string attribute is read by the tool’s schema', () => {
  const markup = (name: string, value: string) =>
    `<｜DSML｜invoke name="write"><｜DSML｜parameter name="${name}">${value}</｜DSML｜parameter></｜DSML｜invoke>`
  expect(readMarkup(markup('text', '42'), tools)?.[0]?.arguments).toBe('{"text":"42"}')
  expect(readMarkup(markup('count', '42'), tools)?.[0]?.arguments).toBe('{"count":42}')
  expect(readMarkup(markup('count', 'many'), tools)?.[0]?.arguments).toBe('{"count":"many"}')
})

test('a parameter called __proto__ is an argument like any other', () => {
  const markup =
    '<｜DSML｜invoke name="write"><｜DSML｜parameter name="__proto__" string="false">{"x":1}</｜DSML｜parameter></｜DSML｜invoke>'
  expect(readMarkup(markup, tools)?.[0]?.arguments).toBe('{"__proto__":{"x":1}}')
})

const shownAtOnce = [
  'Compare a < b and c <= d, or <div class="x">, or <tool>.',
  'The tag <tool_calls> opens a section and <function_calls> did so before.',
  'Write `<｜DSML｜tool_calls>` to open it.',
  '```xml\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name="write">\n```\nThat is all.',
  `An example:\n~~~\n${markupOf('dsml-v4')}`,
  `An example:\n\`\`\`\n${markupOf('tool-call-json')}`,
  `Inline: \`${markupOf('dsml-v4').replaceAll('\n', '')}`,
  '<｜DSML｜something else>',
]
for (const text of shownAtOnce) {
  test(`${JSON.stringify(text.slice(0, 40))}… is talk and is shown as it comes`, () => {
    for (let cut = 0; cut < text.length; cut += 1) expect(stream(text, [cut])).toEqual({ shown: text, held: '' })
  })
}

test('what may still become markup is held back and is no call', () => {
  for (const text of ['<', 'ends with <｜DSML｜tool_cal', 'a\n<tool_calls> is a tag']) {
    const { shown, held } = stream(text, [])
    expect([shown + held, held === '', readMarkup(held, tools)]).toEqual([text, false, undefined])
  }
})

test('a stray bracket in front of the markup does not hide it', () => {
  const markup = markupOf('dsml-v4')
  expect(stream(`a <<${markup}`, [])).toEqual({ shown: 'a <<', held: markup })
  expect(stream(`<｜DS${markup}`, [])).toEqual({ shown: '<｜DS', held: markup })
})

test('nothing is lost or reordered, whatever the text and however it is split', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<',
      '｜',
      '|',
      'DSML',
      'tool_calls',
      '>',
      '`',
      '```',
      '\n',
      ' ',
      '</',
      'invoke name="write"',
      '▁',
      '🙂',
    ),
    fc.constantFrom(...markupVariants).map((variant) => markupOf(variant)),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(300)), (pieces, cuts) => {
      const text = pieces.join('')
      const { shown, held } = stream(text, cuts)
      expect(shown + held).toBe(text)
      expect({ shown, held }).toEqual(stream(text, []))
    }),
  )
})

test('a long text with many openers that never close takes linear time', () => {
  const text = '<｜DSML｜x '.repeat(50_000)
  const begin = performance.now()
  const { shown } = stream(text, [])
  expect(shown).toHaveLength(text.length)
  expect(performance.now() - begin).toBeLessThan(3_000)
})
