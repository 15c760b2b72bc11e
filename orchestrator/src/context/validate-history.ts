import type { ChatCall, ChatMessage } from '../providers/index.js'

const namePattern = /^[A-Za-z0-9_-]{1,64}$/

type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>

/**
 * What an endpoint with DeepSeek's rules would refuse about these messages, one sentence each. Checked before every
 * model call; a finding is a defect of ours.
 */
export function validateHistory(messages: readonly ChatMessage[], options: { thinking: boolean }): string[] {
  const problems: string[] = []
  const ids = new Set<string>()
  /** Calls whose results must come next, in this order. */
  let open: string[] = []

  for (const [index, message] of messages.entries()) {
    const report = (problem: string) => problems.push(`Message ${index} (${message.role}) ${problem}`)
    if (message.role === 'tool') {
      const expected = open.shift()
      if (expected === undefined) report(`answers ${message.tool_call_id}, and no call is open.`)
      else if (expected !== message.tool_call_id) report(`answers ${message.tool_call_id} in the place of ${expected}.`)
      continue
    }
    if (open.length > 0) report(`stands where the result of ${open.join(', ')} belongs.`)
    open = []
    if (message.role === 'system' && index > 0) report('is not the first message.')
    if (message.role !== 'assistant') continue
    for (const problem of assistantProblems(message, options)) report(problem)
    for (const call of message.tool_calls ?? []) {
      if (ids.has(call.id)) report(`uses the call id ${call.id} a second time.`)
      ids.add(call.id)
      open.push(call.id)
    }
  }
  if (open.length > 0) problems.push(`The history ends without the result of ${open.join(', ')}.`)
  return problems
}

function assistantProblems(message: AssistantMessage, { thinking }: { thinking: boolean }): string[] {
  const calls = message.tool_calls ?? []
  const carries = message.reasoning_content !== undefined
  const problems = calls.flatMap(callProblems)
  if (calls.length === 0 && message.content === '') problems.push('is empty.')
  if (thinking && calls.length > 0 && !carries) problems.push('carries calls without their reasoning.')
  if (carries && (!thinking || calls.length === 0)) problems.push('carries reasoning it must not carry.')
  return problems
}

function callProblems({ id, function: called }: ChatCall): string[] {
  const problems: string[] = []
  if (!namePattern.test(called.name)) problems.push(`calls "${called.name}", which is no valid name.`)
  if (!isObjectJson(called.arguments)) problems.push(`has arguments for ${id} that are no JSON object.`)
  return problems
}

function isObjectJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
