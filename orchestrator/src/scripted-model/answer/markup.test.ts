import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel, type MarkupVariant, markupVariants, renderMarkup, type ScriptInput } from '../index.js'

const calls = [
  { name: 'grep', arguments: { pattern: 'a<b', limit: 5 } },
  { name: 'ls', arguments: {} },
]
const textCalls = calls.map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) }))

test('V4 writes a section of invokes, strings as they are and other values as JSON', () => {
  expect(renderMarkup(textCalls, 'dsml-v4')).toBe(
    [
      '<｜DSML｜tool_calls>',
      '<｜DSML｜invoke name="grep">',
      '<｜DSML｜parameter name="pattern" string="true">a<b</｜DSML｜parameter>',
      '<｜DSML｜parameter name="limit" string="false">5</｜DSML｜parameter>',
      '</｜DSML｜invoke>',
      '<｜DSML｜invoke name="ls">',
      '',
      '</｜DSML｜invoke>',
      '</｜DSML｜tool_calls>',
    ].join('\n'),
  )
})

test('V3.1 and V3 write tokens, V3 with a fenced block', () => {
  expect(renderMarkup(textCalls.slice(1), 'tokens-v31')).toBe(
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>ls<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  )
  expect(renderMarkup(textCalls.slice(1), 'tokens-v3')).toBe(
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>ls\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  )
})

test('every variant is its own, and names each call and value', () => {
  const rendered = markupVariants.map((variant) => renderMarkup(textCalls, variant))
  expect(new Set(rendered).size).toBe(markupVariants.length)
  for (const text of rendered) for (const part of ['grep', 'ls', 'pattern', 'a<b', '5']) expect(text).toContain(part)
})

test('the unterminated variant lacks exactly its end', () => {
  expect(`${renderMarkup(textCalls, 'dsml-unterminated')}\n</｜DSML｜tool_calls>`).toBe(
    renderMarkup(textCalls, 'dsml-v4'),
  )
})

test.each(markupVariants)(
  '%s leaks into the text of a stream, after what was said, and nothing is called',
  async (variant) => {
    const ask = await start({ text: 'Let me look.', calls }, [{ variant }])
    const deltas = await ask()
    expect(deltas.map((delta) => delta.content).join('')).toBe(`Let me look.\n\n${renderMarkup(textCalls, variant)}`)
    expect(deltas.every((delta) => delta.tool_calls === undefined)).toBe(true)
    expect(deltas.at(-1)?.finish).toBe('stop')
  },
)

test.each(markupVariants)('%s can be parted into two deltas at every byte', async (variant) => {
  const markup = renderMarkup(textCalls, variant)
  const bytes = Buffer.from(markup)
  const offsets = [...bytes.keys(), bytes.length]
  const ask = await start(
    { calls },
    offsets.map((splitAtByte) => ({ variant, splitAtByte })),
  )
  for (const at of offsets) {
    const parts = (await ask()).map((delta) => delta.content).filter((content) => content !== '')
    const head = bytes.toString('utf8', 0, at).replace(/\ufffd+$/u, '')
    expect(parts).toEqual([head, markup.slice(head.length)].filter((part) => part !== ''))
  }
})

const streamSchema = z
  .object({
    choices: z.tuple([
      z.object({
        delta: z.object({ content: z.string().nullish(), tool_calls: z.unknown().optional() }),
        finish_reason: z.string().nullable(),
      }),
    ]),
  })
  .transform(({ choices: [{ delta, finish_reason }] }) => {
    return { content: delta.content ?? '', tool_calls: delta.tool_calls, finish: finish_reason }
  })

type Markup = { variant: MarkupVariant; splitAtByte?: number }

/** A question that is asked again meets the next of the faults. */
async function start(reply: ScriptInput['steps'][number]['reply'], markups: Markup[]) {
  const fault = markups.map((markup) => ({ markup }))
  const model = await createScriptedModel({ script: { steps: [{ reply, fault }] } })
  onTestFinished(() => model.close())
  return async () => {
    const response = await fetch(`${model.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'deepseek-flash', messages: [{ role: 'user', content: 'Go' }], stream: true }),
    })
    const body = await response.text()
    return [...body.matchAll(/^data: (\{.*\})$/gmu)].map(([, data]) => streamSchema.parse(JSON.parse(data ?? '')))
  }
}
