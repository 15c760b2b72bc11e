import { expect, test } from 'vitest'
import type { ChatMessage } from '../providers/index.js'
import { validateHistory } from './index.js'

const call = (id: string, args = '{}', name = 'tool') => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
})
const assistant = (...ids: string[]): ChatMessage => ({
  role: 'assistant',
  content: '',
  reasoning_content: '',
  tool_calls: ids.map((id) => call(id)),
})
const result = (id: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content: 'ok' })
const user: ChatMessage = { role: 'user', content: 'go' }
const thinking = { thinking: true }

test('a history that holds the rules has no findings', () => {
  expect(
    validateHistory([{ role: 'system', content: 's' }, user, assistant('a', 'b'), result('a'), result('b')], thinking),
  ).toEqual([])
})

const broken: Record<string, { messages: ChatMessage[]; says: string; thinking?: boolean }> = {
  'a call without a result': { messages: [user, assistant('a')], says: 'ends without the result of a' },
  'a result that does not follow directly': {
    messages: [user, assistant('a'), user, result('a')],
    says: 'where the result of a belongs',
  },
  'results in another order': {
    messages: [user, assistant('a', 'b'), result('b'), result('a')],
    says: 'answers b in the place of a',
  },
  'a result without a call': { messages: [user, result('a')], says: 'no call is open' },
  'a second result': { messages: [user, assistant('a'), result('a'), result('a')], says: 'no call is open' },
  'one id twice in a message': {
    messages: [user, assistant('a', 'a'), result('a'), result('a')],
    says: 'a second time',
  },
  'one id in two messages': {
    messages: [user, assistant('a'), result('a'), assistant('a'), result('a')],
    says: 'a second time',
  },
  'missing reasoning': {
    messages: [user, { role: 'assistant', content: '', tool_calls: [call('a')] }, result('a')],
    says: 'without their reasoning',
  },
  'reasoning while the model does not think': {
    messages: [user, assistant('a'), result('a')],
    says: 'must not carry',
    thinking: false,
  },
  'reasoning without calls': {
    messages: [user, { role: 'assistant', content: 'x', reasoning_content: 'y' }],
    says: 'must not carry',
  },
  'a name that is none': {
    messages: [
      user,
      { role: 'assistant', content: '', reasoning_content: '', tool_calls: [call('a', '{}', 'a b')] },
      result('a'),
    ],
    says: 'no valid name',
  },
  'arguments that are no object': {
    messages: [
      user,
      { role: 'assistant', content: '', reasoning_content: '', tool_calls: [call('a', '[]')] },
      result('a'),
    ],
    says: 'no JSON object',
  },
  'a system message in the middle': { messages: [user, { role: 'system', content: 's' }], says: 'not the first' },
  'an assistant message that says nothing': { messages: [user, { role: 'assistant', content: '' }], says: 'is empty' },
}

for (const [what, { messages, says, thinking: thinks = true }] of Object.entries(broken)) {
  test(`${what} is found`, () => {
    expect(validateHistory(messages, { thinking: thinks }).join(' ')).toContain(says)
  })
}
