import type { ChatRequest, Message } from '../request.js'

/**
 * The text a prompt is billed by, one JSON value a line, each line ended by `\n`:
 *
 *     [tools]                                        when there are any, exactly as sent
 *     {"role","content"[,"name"]}                    system and user messages
 *     {"role","content"[,"reasoning_content"][,"tool_calls"]}
 *     {"role","content","tool_call_id"}
 *
 * in this order of fields, whatever order the client used. Missing, null and empty content are the same empty string;
 * an empty reasoning_content is left out, as is any on a message without calls; a list of text parts stays a list.
 */
export function serializePrompt(request: ChatRequest): string[] {
  const tools = request.tools === undefined ? [] : [`${JSON.stringify(request.tools)}\n`]
  return [...tools, ...request.messages.map(serializeMessage)]
}

/** One line of the prompt; an answer is stored as the line it will be when it is sent back. */
export function serializeMessage(message: Message): string {
  return `${JSON.stringify(canonical(message))}\n`
}

function canonical(message: Message): object {
  if (message.role === 'tool') {
    return { role: message.role, content: message.content, tool_call_id: message.tool_call_id }
  }
  if (message.role !== 'assistant') {
    return { role: message.role, content: message.content, ...('name' in message ? { name: message.name } : {}) }
  }
  const calls = message.tool_calls?.map(({ id, function: { name, arguments: text } }) => ({
    id,
    name,
    arguments: text,
  }))
  return {
    role: message.role,
    content: message.content ?? '',
    ...(calls && message.reasoning_content ? { reasoning_content: message.reasoning_content } : {}),
    ...(calls ? { tool_calls: calls } : {}),
  }
}
