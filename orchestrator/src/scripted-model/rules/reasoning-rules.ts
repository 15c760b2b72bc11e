import { type ChatRequest, isThinking } from '../request.js'
import type { Violation } from './rules.js'

/** https://api-docs.deepseek.com/guides/thinking_mode#tool-calls (2026-09). An empty string counts as passed back. */
export function checkReasoningMissing(request: ChatRequest): Violation | undefined {
  if (!isThinking(request)) return undefined
  for (const [index, message] of request.messages.entries()) {
    if (message.role !== 'assistant' || message.tool_calls === undefined) continue
    if (typeof message.reasoning_content === 'string') continue
    return {
      message:
        `Missing reasoning_content in the assistant message at message index ${index}: while thinking is on, a ` +
        'message with tool_calls must carry the reasoning_content it came with, even when that is empty.',
      param: `messages[${index}].reasoning_content`,
    }
  }
  return undefined
}

/** The real endpoint ignores it here; sent all the same it costs tokens in every request that follows. */
export function checkReasoningUnexpected(request: ChatRequest): Violation | undefined {
  for (const [index, message] of request.messages.entries()) {
    if (message.role !== 'assistant' || message.tool_calls !== undefined) continue
    if (message.reasoning_content === undefined) continue
    return {
      message:
        `Unexpected reasoning_content in the assistant message at message index ${index}: ` +
        'expected none on a message without tool_calls.',
      param: `messages[${index}].reasoning_content`,
    }
  }
  return undefined
}
