import { expect, test } from 'vitest'
import { markupVariants, renderMarkup } from '../../scripted-model/index.js'
import { createAssembly } from '../assembly.js'
import { parseChunk } from '../chunk.js'
import type { Answer, ToolSpec } from '../model.js'
import { serverSentData } from '../server-sent-events.js'

const tools: ToolSpec[] = ['write', 'read'].map((name) => ({
  name,
  description: '',
  inputSchema: { type: 'object', properties: {} },
}))

const args = { text: '漢字 < 3 && "ü" 🙂', count: 2 }
const markupOf = (name = 'write', variant: (typeof markupVariants)[number] = 'dsml-v4') =>
  renderMarkup([{ name, arguments: JSON.stringify(args) }], variant)

const watch = { waiting: () => {}, received: () => {} }

/** What is shown, and the answer, of a body that arrives in these pieces. */
async function receive(pieces: readonly Uint8Array[]): Promise<{ shown: string; answer: Answer | undefined }> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const assembly = createAssembly({ tools, requestBytes: 0 })
  let shown = ''
  for await (const data of serverSentData(body, watch)) {
    for (const event of assembly.take(parseChunk(data, String))) if (event.type === 'text') shown += event.text
  }
  let answer: Answer | undefined
  for (const event of assembly.finish()) {
    if (event.type === 'text') shown += event.text
    if (event.type === 'complete') answer = event.answer
  }
  return { shown, answer }
}

/** Deltas as a stream carries them, with every character as it is. */
function bodyOf(deltas: readonly object[]): Buffer {
  const chunks = deltas.map((delta) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`)
  return Buffer.from(`${chunks.join('')}data: ${JSON.stringify({ choices: [{ finish_reason: 'stop' }] })}\n\n`)
}

test('every variant, its bytes split at every place, also inside a character, leaks nothing', {
  timeout: 60_000,
}, async () => {
  let streams = 0
  for (const variant of markupVariants) {
    const body = bodyOf([{ content: `Now.\n\n${markupOf('write', variant)}` }])
    for (let cut = 1; cut < body.length; cut += 1) {
      const { shown, answer } = await receive([body.subarray(0, cut), body.subarray(cut)])
      expect(shown).toBe('Now.\n\n')
      expect(answer?.calls).toEqual([{ name: 'write', arguments: JSON.stringify(args) }])
      streams += 1
    }
  }
  expect(streams).toBeGreaterThan(markupVariants.length * 100)
})

test('every variant, split into two deltas at every character, or into single ones, leaks nothing', async () => {
  for (const variant of markupVariants) {
    const characters = [...markupOf('write', variant)]
    const splits = characters.map((_, cut) => [characters.slice(0, cut).join(''), characters.slice(cut).join('')])
    for (const parts of [...splits, characters]) {
      const { shown, answer } = await receive([bodyOf(parts.map((content) => ({ content })))])
      expect(shown).toBe('')
      expect(answer?.calls).toEqual([{ name: 'write', arguments: JSON.stringify(args) }])
    }
  }
})

const open = '<｜DSML｜tool_calls>'
const talk: Record<string, string> = {
  'a code fence': `So:\n\`\`\`xml\n${markupOf()}\n\`\`\`\nThat is all.`,
  'a code fence at the very end': `So:\n\`\`\`\n${markupOf()}\n\`\`\``,
  'a code fence that never closes': `So:\n~~~\n${markupOf()}`,
  'inline code': `Write \`${markupOf().replaceAll('\n', '')}\` for that.`,
  'a quotation': `The model said "${markupOf()}" and stopped.`,
  'a quoted block': `> ${markupOf().replaceAll('\n', '\n> ')}`,
  'an opening tag and words': `The tag ${open} opens a section.`,
  'half a tag': 'It begins with <｜DSML｜tool_ca',
  'a call cut in the middle': markupOf().slice(0, markupOf().length - 60),
  'a call of an unknown tool': markupOf('erase'),
  'a call of an unknown tool after a known one': `${markupOf('read').replace(/\n<\/｜DSML｜tool_calls>$/, '')}\n${markupOf('erase').replace(`${open}\n`, '')}`,
  'markup with words after it': `${markupOf()}\nI did not mean that.`,
  'closing tags alone': '</｜DSML｜invoke>\n</｜DSML｜tool_calls>',
  'an XML example in a sentence':
    'Older models wrote <function_calls><invoke name="write"></invoke></function_calls> here.',
}
for (const [what, text] of Object.entries(talk)) {
  test(`${what} makes no call and is shown whole, wherever it is split`, async () => {
    const whole = bodyOf([{ content: text }])
    for (let cut = 1; cut < whole.length; cut += 1) {
      const { shown, answer } = await receive([whole.subarray(0, cut), whole.subarray(cut)])
      expect([shown, answer?.text, answer?.calls]).toEqual([text, text, []])
    }
    for (let cut = 0; cut < text.length; cut += 1) {
      const { shown, answer } = await receive([
        bodyOf([text.slice(0, cut), text.slice(cut)].map((content) => ({ content }))),
      ])
      expect([shown, answer?.calls]).toEqual([text, []])
    }
  })
}

test('markup inside the arguments of a real call, or in its reasoning, is what the model writes about', async () => {
  const written = JSON.stringify({ text: markupOf('read') })
  for (let cut = 0; cut < written.length; cut += 1) {
    const pieces = [written.slice(0, cut), written.slice(cut)].map((part, index) => ({
      tool_calls: [{ index: 0, ...(index === 0 ? { id: 'x' } : {}), function: { name: 'write', arguments: part } }],
    }))
    const { shown, answer } = await receive([bodyOf([{ reasoning_content: markupOf('read') }, ...pieces])])
    expect([shown, answer?.calls]).toEqual(['', [{ name: 'write', arguments: written }]])
  }
})

test('markup nested in the argument of leaked markup stays that argument', async () => {
  const inner = markupOf('read', 'tool-call-json')
  const outer = renderMarkup([{ name: 'write', arguments: JSON.stringify({ text: inner }) }], 'dsml-v4')
  const { shown, answer } = await receive([bodyOf([{ content: outer }])])
  expect([shown, answer?.calls]).toEqual(['', [{ name: 'write', arguments: JSON.stringify({ text: inner }) }]])
})
