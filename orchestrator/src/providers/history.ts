import type { ChatMessage } from './model.js'
import type { Thinking } from './provider.js'

export interface HistoryRules {
  sendBack: Thinking['sendBack']
  firstCallFields: Readonly<Record<string, unknown>> | undefined
}

/** The history in the form this endpoint takes: our form is DeepSeek's. */
export function historyFor(messages: readonly ChatMessage[], rules: HistoryRules): readonly object[] {
  if (rules.sendBack === 'reasoning_content' && rules.firstCallFields === undefined) return messages
  return messages.map((message) => (message.role === 'assistant' ? assistantFor(message, rules) : message))
}

function assistantFor(
  message: Extract<ChatMessage, { role: 'assistant' }>,
  { sendBack, firstCallFields }: HistoryRules,
): object {
  const { reasoning_content: reasoning, tool_calls: calls, ...rest } = message
  return {
    ...rest,
    ...(reasoning === undefined || sendBack === 'none' ? {} : { [sendBack]: reasoning }),
    ...(calls === undefined
      ? {}
      : { tool_calls: calls.map((call, index) => (index === 0 ? { ...call, ...firstCallFields } : call)) }),
  }
}
