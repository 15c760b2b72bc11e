import type { ChatRequest, Message } from '../request.js'
import type { Violation } from './rules.js'

/** Every call is answered by exactly one tool message, directly after the message that made it. */
export function checkPairing({ messages }: ChatRequest): Violation | undefined {
  const seen = new Set<string>()
  let caller = -1
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) return strayResult(message.tool_call_id, { index, caller, seen })
      continue
    }
    if (open.size > 0) return unanswered(caller, open)
    const ids = callIds(message)
    const repeated = ids.findIndex((id, place) => seen.has(id) || ids.indexOf(id) !== place)
    if (repeated >= 0) return duplicateId(index, repeated, ids[repeated])
    for (const id of ids) seen.add(id)
    caller = index
    open = new Set(ids)
  }
  return open.size > 0 ? unanswered(caller, open) : undefined
}

function callIds(message: Message): string[] {
  return message.role === 'assistant' ? (message.tool_calls ?? []).map((call) => call.id) : []
}

function strayResult(id: string, context: { index: number; caller: number; seen: ReadonlySet<string> }): Violation {
  const found = context.seen.has(id) ? 'a call that was already answered' : 'no call of that id'
  const where = context.caller < 0 ? 'in front of any message' : `after message index ${context.caller}`
  return {
    message:
      `The tool message at message index ${context.index} has tool_call_id ${JSON.stringify(id)}: expected an ` +
      `unanswered call of the assistant message directly before it, found ${found} (it stands ${where}).`,
    param: `messages[${context.index}].tool_call_id`,
  }
}

function unanswered(caller: number, open: ReadonlySet<string>): Violation {
  return {
    message:
      `The assistant message with tool_calls at message index ${caller} must be followed directly by one tool ` +
      `message for each tool_call_id; no answer to ${[...open].map((id) => JSON.stringify(id)).join(', ')}.`,
    param: `messages[${caller}].tool_calls`,
  }
}

function duplicateId(index: number, place: number, id: string | undefined): Violation {
  return {
    message: `Duplicate tool call id ${JSON.stringify(id)} at message index ${index}: expected every id once in a history.`,
    param: `messages[${index}].tool_calls[${place}].id`,
  }
}
