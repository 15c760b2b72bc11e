import type { ChatMessage } from '../providers/index.js'

const namePattern = /^[A-Za-z0-9_-]{1,64}$/

/**
 * What an endpoint with DeepSeek's rules would refuse about these messages, one sentence each. Checked before every
 * model call; a finding is a defect of ours.
 */
export function validateHistory(messages: readonly ChatMessage[], options: { thinking: boolean }): string[] {
  return messages.flatMap((message, index) =>
    problemsAt({ messages, index, thinking: options.thinking }).map(
      (problem) => `Message ${index} (${message.role}) ${problem}`,
    ),
  )
}

function problemsAt(options: { messages: readonly ChatMessage[]; index: number; thinking: boolean }): string[] {
  const { messages, index, thinking } = options
  const message = messages[index]
  if (message?.role === 'system' && index > 0) return ['is not the first message.']
  if (message?.role === 'tool' && !answersCall(messages, index)) return ['answers no call of the assistant before it.']
  if (message?.role !== 'assistant') return []
  return assistantProblems({ message, next: messages.slice(index + 1), thinking })
}

function assistantProblems(options: {
  message: Extract<ChatMessage, { role: 'assistant' }>
  next: readonly ChatMessage[]
  thinking: boolean
}): string[] {
  const { message, next, thinking } = options
  const calls = message.tool_calls ?? []
  const carries = message.reasoning_content !== undefined
  const problems: string[] = []
  if (calls.length === 0 && message.content === '') problems.push('is empty.')
  if (thinking && calls.length > 0 && !carries) problems.push('carries calls without their reasoning.')
  if (carries && (!thinking || calls.length === 0)) problems.push('carries reasoning it must not carry.')
  if (new Set(calls.map(({ id }) => id)).size < calls.length) problems.push('has two calls with one id.')
  calls.forEach((call, index) => {
    const result = next[index]
    if (result?.role !== 'tool' || result.tool_call_id !== call.id)
      problems.push(`has no result for ${call.id} in its place.`)
    if (!namePattern.test(call.function.name)) problems.push(`calls "${call.function.name}", which is no valid name.`)
    if (!isObjectJson(call.function.arguments)) problems.push(`has arguments for ${call.id} that are no JSON object.`)
  })
  return problems
}

/** Whether the nearest message before `index` that is no tool result has a call with this id. */
function answersCall(messages: readonly ChatMessage[], index: number): boolean {
  const result = messages[index]
  const before = messages.slice(0, index).findLast(({ role }) => role !== 'tool')
  if (result?.role !== 'tool' || before?.role !== 'assistant') return false
  return before.tool_calls?.some(({ id }) => id === result.tool_call_id) ?? false
}

function isObjectJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
