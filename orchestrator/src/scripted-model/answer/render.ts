import type { Usage } from '../billing/usage.js'
import { type ChatRequest, isThinking } from '../request.js'
import type { Fault } from '../script/fault.js'
import type { Answer } from './answer.js'
import { toDeltas } from './deltas.js'

export interface RenderOptions {
  readonly answer: Answer
  readonly usage: Usage
  readonly request: ChatRequest
  readonly fault: Fault | undefined
  readonly id: string
  /** Unix seconds. */
  readonly created: number
  readonly deltaChars: number
}

/** The body of the response as its frames: server-sent events of a stream, or one JSON document. */
export function renderBody(options: RenderOptions): string[] {
  return options.request.stream ? renderStream(options) : [JSON.stringify(renderCompletion(options))]
}

function renderStream(options: RenderOptions): string[] {
  const { answer, usage, request, fault } = options
  const thinking = isThinking(request)
  const envelope = { ...commonFields(options), object: 'chat.completion.chunk' }
  const choice = (delta: object, finishReason: string | null) => ({
    ...envelope,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  })
  const place = usagePlace(options)
  const last = choice(thinking ? { content: '', reasoning_content: null } : { content: '' }, answer.finishReason)
  const chunks: object[] = [
    ...toDeltas(answer, { thinking, deltaChars: options.deltaChars, sameIndex: fault?.sameIndex ?? false }).map(
      (delta) => choice(delta, null),
    ),
    ...(fault?.omit?.includes('finish_reason') ? [] : [place === 'last' ? { ...last, usage } : last]),
    ...(place === 'trailing' ? [{ ...envelope, choices: [], usage }] : []),
  ]
  const done = fault?.omit?.includes('done') ? [] : ['[DONE]']
  return [...chunks.map((chunk) => JSON.stringify(chunk)), ...done].map((data) => `data: ${data}\n\n`)
}

/** Only a stream that asked for usage gets it (`stream_options`), unless a fault says where. */
function usagePlace({ request, fault }: RenderOptions): 'last' | 'trailing' | 'none' {
  return fault?.usage ?? (request.stream_options?.include_usage ? 'trailing' : 'none')
}

function renderCompletion(options: RenderOptions): object {
  const { answer, usage, request, fault } = options
  const calls = answer.calls.map(({ id, name, arguments: text }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: text },
  }))
  const message = {
    role: 'assistant',
    content: answer.text,
    ...(isThinking(request) ? { reasoning_content: answer.reasoning } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  const finish = fault?.omit?.includes('finish_reason') ? null : answer.finishReason
  return {
    ...commonFields(options),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(fault?.usage === 'none' ? {} : { usage }),
  }
}

function commonFields({ id, created, request }: RenderOptions) {
  return { id, created, model: request.model, system_fingerprint: 'fp_scripted' }
}
