import type { ChatRequest, Message } from '../request.js'
import type { Violation } from './rules.js'

const fieldsOfRole: Readonly<Record<Message['role'], readonly string[]>> = {
  system: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'reasoning_content', 'tool_calls'],
  tool: ['role', 'content', 'tool_call_id'],
}

/** A field that no endpoint knows is bookkeeping that leaked out of the client. */
export function checkMessageFields(request: ChatRequest): Violation | undefined {
  for (const [index, message] of request.messages.entries()) {
    const known = fieldsOfRole[message.role]
    const unknown = Object.keys(message).find((field) => !known.includes(field))
    if (unknown === undefined) continue
    return {
      message:
        `Unknown field ${JSON.stringify(unknown)} at message index ${index}: ` +
        `expected only ${known.join(', ')} in a message of role ${message.role}.`,
      param: `messages[${index}].${unknown}`,
    }
  }
  return undefined
}

/** An answer continued by the model is another API (prefix completion). */
export function checkLastMessage(request: ChatRequest): Violation | undefined {
  const index = request.messages.length - 1
  if (request.messages[index]?.role !== 'assistant') return undefined
  return {
    message: `The last message, at message index ${index}, is the assistant's: expected a user or tool message to answer.`,
    param: `messages[${index}].role`,
  }
}
