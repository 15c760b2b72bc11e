import type { Usage } from '../events/index.js'

/** A language model behind one endpoint, as the loop uses it. */
export interface Model {
  readonly id: string
  readonly providerName: string
  /** Whether requests ask for thinking; the history sent must then carry its reasoning. */
  readonly thinking: boolean
  readonly images: boolean
  readonly contextTokens: number
  readonly outputTokensMax: number
  /** US dollars; null when the price is unknown. */
  costOf(usage: Usage, timeMs: number): number | null
  /**
   * One attempt at one answer: deltas, then exactly one `complete`. Never ends without it: an answer that stops
   * short throws `ModelFailure`, and the abort of `signal` throws its reason. Retrying is the caller's affair.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>
}

export interface ModelRequest {
  messages: readonly ChatMessage[]
  tools: readonly ToolSpec[]
  outputTokensMax: number
}

export interface ToolSpec {
  /** `[A-Za-z0-9_-]{1,64}` */
  name: string
  description: string
  inputSchema: Record<string, unknown>
}

/** A message of the chat completions API, in the subset we send. */
export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | UserPart[] }
  | { role: 'assistant'; content: string; reasoning_content?: string; tool_calls?: ChatCall[] }
  | { role: 'tool'; tool_call_id: string; content: string }

export type UserPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } }

export interface ChatCall {
  id: string
  type: 'function'
  /** `arguments` is JSON of an object. */
  function: { name: string; arguments: string }
}

export type ModelEvent =
  | { type: 'reasoning' | 'text'; text: string }
  /** `index` counts the calls of this answer from 0. */
  | { type: 'arguments'; index: number; text: string }
  | { type: 'complete'; answer: Answer }

export interface Answer {
  finishReason: string
  reasoning: string
  text: string
  /** `arguments` as the model wrote it, which need not be JSON. */
  calls: { name: string; arguments: string }[]
  usage: Usage
  /** Tool-call markup stands in `text` that could not be read as a call, though it names a known tool. */
  brokenMarkup: boolean
}
