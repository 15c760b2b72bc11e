import { type ChatRequest, isThinking } from '../request.js'
import type { Violation } from './rules.js'

/** https://api-docs.deepseek.com/api/create-chat-completion (2026-09). */
const toolName = /^[A-Za-z0-9_-]{1,64}$/

export function checkToolNames(request: ChatRequest): Violation | undefined {
  const declared = (request.tools ?? []).map((tool, index) => {
    return { name: tool.function.name, where: 'the tool list', param: `tools[${index}].function.name` }
  })
  const called = callsOf(request).map(({ call, index, place }) => {
    const param = `messages[${index}].tool_calls[${place}].function.name`
    return { name: call.function.name, where: `message index ${index}`, param }
  })
  const bad = [...declared, ...called].find(({ name }) => !toolName.test(name))
  if (bad === undefined) return undefined
  const found = JSON.stringify(bad.name)
  return {
    message: `Invalid tool name in ${bad.where}: expected ${toolName.source}, found ${found}.`,
    param: bad.param,
  }
}

export function checkTools({ tools = [] }: ChatRequest): Violation | undefined {
  const names = tools.map((tool) => tool.function.name)
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index)
  if (repeated < 0) return undefined
  return {
    message: `Duplicate tool ${JSON.stringify(names[repeated])}: expected every name once in the tool list.`,
    param: `tools[${repeated}].function.name`,
  }
}

export function checkToolChoice({ tools, tool_choice: choice }: ChatRequest): Violation | undefined {
  if (choice === undefined) return undefined
  const param = 'tool_choice'
  if (tools === undefined) return { message: 'Expected tools beside tool_choice, found none.', param }
  if (typeof choice === 'string' || tools.some((tool) => tool.function.name === choice.function.name)) return undefined
  const found = JSON.stringify(choice.function.name)
  return { message: `Expected tool_choice to name one of the tools, found ${found}.`, param }
}

/** https://github.com/deepseek-ai/DeepSeek-V3/issues/1376: only `auto` and `none` are accepted while thinking. */
export function checkForcedToolChoice(request: ChatRequest): Violation | undefined {
  const choice = request.tool_choice
  if (!isThinking(request) || choice === undefined || choice === 'auto' || choice === 'none') return undefined
  return {
    message: 'Thinking mode does not support this tool_choice: expected auto or none, or thinking disabled.',
    param: 'tool_choice',
  }
}

export function checkCallArguments(request: ChatRequest): Violation | undefined {
  for (const { call, index, place } of callsOf(request)) {
    if (isJsonObject(call.function.arguments)) continue
    return {
      message:
        `Invalid arguments of tool call ${place} at message index ${index}: expected a string with a JSON object, ` +
        `found ${JSON.stringify(call.function.arguments.slice(0, 100))}.`,
      param: `messages[${index}].tool_calls[${place}].function.arguments`,
    }
  }
  return undefined
}

function callsOf({ messages }: ChatRequest) {
  return messages.flatMap((message, index) => {
    const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : []
    return calls.map((call, place) => ({ call, index, place }))
  })
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
