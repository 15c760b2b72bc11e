import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createScriptedModel, type RuleName, ruleNames } from '../index.js'

const user = { role: 'user', content: 'Hi' }
const call = { id: 'c1', type: 'function', function: { name: 'list', arguments: '{}' } }
const calling = { role: 'assistant', content: '', reasoning_content: '', tool_calls: [call] }
const result = { role: 'tool', tool_call_id: 'c1', content: '' }
const tool = { type: 'function', function: { name: 'list', parameters: { type: 'object' } } }
const off = { thinking: { type: 'disabled' } }

const withCall = (change: object) => ({
  messages: [user, { ...calling, tool_calls: [{ ...call, ...change }] }, result],
})
const withFunction = (change: object) => withCall({ function: { ...call.function, ...change } })
const withTool = (change: object) => ({
  messages: [user],
  tools: [{ ...tool, function: { ...tool.function, ...change } }],
})

/** Everything a client may send. */
const accepted: Record<string, object> = {
  'a first message': { messages: [user] },
  'a system message and text parts': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }], name: 'me' },
    ],
  },
  'a call with an empty reasoning_content and an empty result': { messages: [user, calling, result] },
  'two calls answered in the other order': {
    messages: [
      user,
      { ...calling, tool_calls: [call, { ...call, id: 'c2' }] },
      { ...result, tool_call_id: 'c2' },
      result,
    ],
  },
  'calls without reasoning while thinking is off': {
    messages: [user, { role: 'assistant', content: null, tool_calls: [call] }, result],
    ...off,
  },
  'calls with reasoning while thinking is off': { messages: [user, calling, result], ...off },
  'a user message after an answer': { messages: [user, { role: 'assistant', content: 'Hello' }, user] },
  'a user message after a result': { messages: [user, calling, result, user] },
  'tools with every legal character in the name': withTool({ name: `${'a'.repeat(59)}Z_-09` }),
  'tool_choice auto while thinking': { messages: [user], tools: [tool], tool_choice: 'auto' },
  'tool_choice required while thinking is off': { messages: [user], tools: [tool], tool_choice: 'required', ...off },
  'the largest max_tokens': { messages: [user], max_tokens: 393_216 },
  'an effort and a temperature': { messages: [user], reasoning_effort: 'high', temperature: 2, top_p: 1, n: 1 },
}

test.each(Object.entries(accepted))('accepted: %s', async (_name, body) => {
  expect(await send(body)).toEqual({ status: 200, error: undefined })
})

/** By the rule that is broken: the body, and what the message must say (an index, where messages have one). */
const refused: Record<RuleName, [string, object, RegExp][]> = {
  'reasoning-missing': [
    [
      'no reasoning_content on a call',
      {
        messages: [
          user,
          calling,
          result,
          { ...calling, reasoning_content: undefined, tool_calls: [{ ...call, id: 'c2' }] },
          { ...result, tool_call_id: 'c2' },
        ],
      },
      /Missing reasoning_content.*message index 3/u,
    ],
    [
      'null as reasoning_content',
      { messages: [user, { ...calling, reasoning_content: null }, result] },
      /message index 1/u,
    ],
  ],
  'reasoning-unexpected': [
    [
      'reasoning on an answer without calls',
      { messages: [user, { role: 'assistant', content: 'Yes', reasoning_content: 'Hm' }, user] },
      /Unexpected reasoning_content.*message index 1/u,
    ],
    [
      'an empty one, and with thinking off',
      { messages: [user, { role: 'assistant', content: 'Yes', reasoning_content: '' }, user], ...off },
      /message index 1/u,
    ],
  ],
  'forced-tool-choice': [
    [
      'required',
      { messages: [user], tools: [tool], tool_choice: 'required' },
      /Thinking mode does not support this tool_choice/u,
    ],
    [
      'a named tool',
      { messages: [user], tools: [tool], tool_choice: { type: 'function', function: { name: 'list' } } },
      /auto or none/u,
    ],
  ],
  'tool-choice': [
    ['a choice without tools', { messages: [user], tool_choice: 'auto' }, /Expected tools beside tool_choice/u],
    [
      'a choice of an unknown tool',
      { messages: [user], tools: [tool], tool_choice: { type: 'function', function: { name: 'gone' } }, ...off },
      /one of the tools, found "gone"/u,
    ],
  ],
  pairing: [
    ['a call without a result', { messages: [user, calling, user] }, /message index 1 must be followed.*"c1"/u],
    ['a user message in between', { messages: [user, calling, user, result] }, /message index 1 must be followed/u],
    [
      'one of two calls unanswered',
      { messages: [user, { ...calling, tool_calls: [call, { ...call, id: 'c2' }] }, result, user] },
      /no answer to "c2"/u,
    ],
    [
      'a result for nothing',
      { messages: [user, result] },
      /message index 1 has tool_call_id "c1".*no call of that id/u,
    ],
    [
      'an unknown tool_call_id',
      { messages: [user, calling, { ...result, tool_call_id: 'c9' }] },
      /message index 2.*"c9"/u,
    ],
    ['a call answered twice', { messages: [user, calling, result, result] }, /message index 3.*already answered/u],
    [
      'a late second result',
      { messages: [user, calling, result, { role: 'assistant', content: 'Done' }, result] },
      /message index 4.*already answered/u,
    ],
    [
      'one id twice in a message',
      { messages: [user, { ...calling, tool_calls: [call, call] }, result] },
      /Duplicate tool call id "c1" at message index 1/u,
    ],
    [
      'one id in two messages',
      { messages: [user, calling, result, calling, result] },
      /Duplicate tool call id "c1" at message index 3/u,
    ],
  ],
  'tool-names': [
    ['a dot in a tool name', withTool({ name: 'fs.read' }), /tool list: expected .*found "fs.read"/u],
    ['an empty tool name', withTool({ name: '' }), /found ""/u],
    ['65 characters', withTool({ name: 'a'.repeat(65) }), /Invalid tool name/u],
    ['a name with a line break at its end', withTool({ name: 'list\n' }), /Invalid tool name/u],
    ['a call with a bad name', withFunction({ name: 'lïst' }), /message index 1.*"lïst"/u],
  ],
  tools: [['one tool twice', { messages: [user], tools: [tool, tool] }, /Duplicate tool "list"/u]],
  'call-arguments': [
    ['no JSON', withFunction({ arguments: '{"a":' }), /tool call 0 at message index 1.*JSON object/u],
    ['an empty string', withFunction({ arguments: '' }), /message index 1/u],
    ['an array', withFunction({ arguments: '[]' }), /message index 1/u],
    ['null', withFunction({ arguments: 'null' }), /message index 1/u],
  ],
  'message-fields': [
    ['bookkeeping of the client', { messages: [{ ...user, _meta: {} }] }, /Unknown field "_meta" at message index 0/u],
    [
      'a name on a tool message',
      { messages: [user, calling, { ...result, name: 'list' }] },
      /"name" at message index 2/u,
    ],
    [
      'tool_calls on a user message',
      { messages: [{ ...user, tool_calls: [call] }] },
      /"tool_calls" at message index 0/u,
    ],
  ],
  'last-message': [
    ['an assistant message at the end', { messages: [user, { role: 'assistant', content: 'I' }] }, /message index 1/u],
  ],
}

const refusedCases = ruleNames.flatMap((rule) =>
  refused[rule].map(([name, body, says]) => ({ rule, name, body, says })),
)

test.each(refusedCases)('$rule refuses $name, and only that rule does', async ({ rule, body, says }) => {
  const answer = await send(body)
  expect(answer).toMatchObject({ status: 400, error: { rule, type: 'invalid_request_error' } })
  expect(answer.error?.message).toMatch(says)
  expect(await send(body, { [rule]: false })).toEqual({ status: 200, error: undefined })
})

/** What no switch allows: a body that is not a chat request. */
const malformed: [string, object, string][] = [
  ['no messages', {}, 'messages'],
  ['an empty list of messages', { messages: [] }, 'messages'],
  ['a message that is null', { messages: [user, null] }, 'messages[1]'],
  ['an unknown role', { messages: [user, { role: 'developer', content: 'x' }] }, 'messages[1].role'],
  ['an empty user message', { messages: [{ role: 'user', content: '' }] }, 'messages[0].content'],
  ['a system message without content', { messages: [{ role: 'system' }, user] }, 'messages[0].content'],
  [
    'an image',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    'messages[0].content[0].type',
  ],
  [
    'an empty text part',
    { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
    'messages[0].content[0].text',
  ],
  [
    'an assistant message with nothing in it',
    { messages: [user, { role: 'assistant', content: '' }, user] },
    'messages[1]',
  ],
  ['an empty list of calls', { messages: [user, { ...calling, tool_calls: [] }, user] }, 'messages[1].tool_calls'],
  ['a call without an id', withCall({ id: '' }), 'messages[1].tool_calls[0].id'],
  ['a call of another type', withCall({ type: 'custom' }), 'messages[1].tool_calls[0].type'],
  ['arguments that are an object', withFunction({ arguments: {} }), 'messages[1].tool_calls[0].function.arguments'],
  ['tool content that is a list', { messages: [user, calling, { ...result, content: [] }] }, 'messages[2].content'],
  ['tool content that is null', { messages: [user, calling, { ...result, content: null }] }, 'messages[2].content'],
  [
    'a result without tool_call_id',
    { messages: [user, calling, { role: 'tool', content: '' }] },
    'messages[2].tool_call_id',
  ],
  ['an empty list of tools', { messages: [user], tools: [] }, 'tools'],
  ['129 tools', { messages: [user], tools: Array.from({ length: 129 }, () => tool) }, 'tools'],
  ['parameters whose root is no object', withTool({ parameters: { anyOf: [] } }), 'tools[0].function.parameters.type'],
  ['max_tokens 0', { messages: [user], max_tokens: 0 }, 'max_tokens'],
  ['max_tokens too large', { messages: [user], max_tokens: 393_217 }, 'max_tokens'],
  ['max_tokens with a fraction', { messages: [user], max_tokens: 1.5 }, 'max_tokens'],
  [
    'max_completion_tokens, which has no effect',
    { messages: [user], max_completion_tokens: 5 },
    'max_completion_tokens',
  ],
  ['thinking as a boolean', { messages: [user], thinking: true }, 'thinking'],
  ['an unknown thinking type', { messages: [user], thinking: { type: 'auto' } }, 'thinking.type'],
  ['two choices', { messages: [user], n: 2 }, 'n'],
  ['a temperature above 2', { messages: [user], temperature: 2.1 }, 'temperature'],
  ['no model', { messages: [user], model: undefined }, 'model'],
  ['an unknown model', { messages: [user], model: 'gpt-4' }, 'model'],
]

test.each(malformed)('refused whatever the rules: %s', async (_name, body, param) => {
  const everyRuleOff = Object.fromEntries(ruleNames.map((rule) => [rule, false]))
  const answer = await send(body, everyRuleOff)
  expect(answer).toMatchObject({ status: 400, error: { param } })
  expect(answer.error?.message).toContain(
    param === 'model' && 'model' in body && body.model ? 'Model Not Exist' : param,
  )
})

async function send(body: object, rules: Partial<Record<RuleName, boolean>> = {}) {
  const model = await createScriptedModel({ script: { steps: [{ when: {}, reply: { text: 'ok' } }] }, rules })
  onTestFinished(() => model.close())
  const response = await fetch(`${model.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'deepseek-flash', ...body }),
  })
  const { error } = answerSchema.parse(await response.json())
  return { status: response.status, error }
}

const answerSchema = z.object({
  error: z
    .object({ message: z.string(), type: z.string(), param: z.string().nullable(), rule: z.string().optional() })
    .optional(),
})
