import { z } from 'zod'
import { firstProblem } from './describe-issue.js'
import { Refusal } from './http/refusal.js'

/** Most tools a request may declare (https://api-docs.deepseek.com/api/create-chat-completion, 2026-09). */
const toolsMax = 128
/** Most tokens an answer may have: 384K (https://api-docs.deepseek.com/quick_start/pricing, 2026-09). */
export const outputTokensMax = 393_216

const textParts = z.array(z.looseObject({ type: z.literal('text'), text: z.string().min(1) })).min(1)
const filledContent = z.union([z.string().min(1), textParts], {
  error: 'expected a non-empty string, or a list of non-empty parts of type "text"',
})

const toolCallSchema = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
})

const assistantSchema = z
  .looseObject({
    role: z.literal('assistant'),
    content: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).min(1).optional(),
  })
  .refine((message) => message.content || message.tool_calls, {
    error: 'expected content or tool_calls in an assistant message, found neither',
  })

const messageSchema = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('system'), content: filledContent }),
    z.looseObject({ role: z.literal('user'), content: filledContent }),
    assistantSchema,
    z.looseObject({
      role: z.literal('tool'),
      tool_call_id: z.string().min(1),
      content: z.string({ error: "expected a tool message's content to be a string" }),
    }),
  ],
  { error: 'expected an object with role system, user, assistant or tool' },
)

const toolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.looseObject({ type: z.literal('object') }).optional(),
  }),
})

const toolChoiceSchema = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
  ],
  { error: 'expected none, auto, required or {"type": "function", "function": {"name"}}' },
)

const chatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  tools: z.array(toolSchema).min(1).max(toolsMax).optional(),
  tool_choice: toolChoiceSchema.optional(),
  /** Thinking is on unless this says `disabled` (https://api-docs.deepseek.com/guides/thinking_mode, 2026-09). */
  thinking: z.strictObject({ type: z.enum(['enabled', 'disabled']) }).optional(),
  reasoning_effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra']).optional(),
  max_tokens: z.int().min(1).max(outputTokensMax).optional(),
  /** OpenAI's newer name; DeepSeek passes over it, and with it the limit that the caller believes in. */
  max_completion_tokens: z.undefined({ error: 'expected max_tokens: this field has no effect here' }).optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  n: z.literal(1, { error: 'expected one choice (n: 1)' }).optional(),
  stream: z.boolean().default(false),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
})

export type ChatRequest = z.infer<typeof chatRequestSchema>
export type Message = ChatRequest['messages'][number]

/** Checks the shape alone; what a model's rules say about a well-formed request is in `rules/`. */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body)
  if (parsed.success) return parsed.data
  const problem = firstProblem(parsed.error)
  throw new Refusal({ status: 400, message: `${problem.field}: ${problem.message}`, param: problem.field })
}

export function isThinking(request: ChatRequest): boolean {
  return request.thinking?.type !== 'disabled'
}

/** The text of a message, its parts joined; an assistant message without content has none. */
export function messageText(message: Message | undefined): string {
  const content = message?.content ?? ''
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n')
}
