import { bytesPerToken } from '../billing/token.js'
import { type ChatRequest, isThinking } from '../request.js'
import type { Choice } from '../script/choose-step.js'
import type { Fault } from '../script/fault.js'
import { fillText, fillValue } from '../script/placeholders.js'
import { takeBytes } from './cut-bytes.js'
import { renderMarkup } from './markup.js'

/** What the model says to one request, faults included; how it is sent is another matter. */
export interface Answer {
  /** Always empty while thinking is off. */
  readonly reasoning: string
  readonly text: string
  readonly calls: readonly AnswerCall[]
  readonly finishReason: string
  /** Where, in UTF-16 units, the text is parted into exactly two deltas. */
  readonly textSplit?: number
}

export interface AnswerCall {
  readonly id: string
  readonly name: string
  /** Text, JSON unless the script says otherwise. */
  readonly arguments: string
}

interface AnswerOptions {
  readonly choice: Choice
  readonly fault: Fault | undefined
  readonly request: ChatRequest
  /** Hex; makes call ids that are the same for the same prompt and differ from those of every other. */
  readonly digest: string
}

export function composeAnswer({ choice, fault, request, digest }: AnswerOptions): Answer {
  const said = spokenAnswer({ choice, request, digest })
  const broken = fault === undefined ? said : breakAnswer(said, fault)
  return request.max_tokens === undefined ? broken : cutAnswer(broken, request.max_tokens * bytesPerToken)
}

function spokenAnswer({ choice: { step, values }, request, digest }: Omit<AnswerOptions, 'fault'>): Answer {
  const calls = (step.reply.calls ?? []).map((call, index) => ({
    id: `call_${String(index).padStart(2, '0')}_${digest.slice(0, 24)}`,
    name: fillText(call.name, values),
    arguments:
      typeof call.arguments === 'string'
        ? fillText(call.arguments, values)
        : JSON.stringify(fillValue(call.arguments, values)),
  }))
  return {
    reasoning: isThinking(request) ? fillText(step.reply.reasoning ?? '', values) : '',
    text: fillText(step.reply.text ?? '', values),
    calls,
    finishReason: calls.length > 0 ? 'tool_calls' : 'stop',
  }
}

function breakAnswer(answer: Answer, fault: Fault): Answer {
  const [first, ...rest] = answer.calls
  let broken = answer
  if (fault.arguments !== undefined && first !== undefined) {
    broken = { ...broken, calls: [{ ...first, arguments: fault.arguments }, ...rest] }
  }
  if (fault.empty) broken = { ...broken, text: '', calls: [], finishReason: 'stop' }
  if (fault.markup !== undefined) broken = leakCalls(broken, fault.markup)
  if (fault.lengthAtByte !== undefined) broken = cutAnswer(broken, lengthBudget(broken, fault.lengthAtByte))
  return fault.finishReason === undefined ? broken : { ...broken, finishReason: fault.finishReason }
}

function leakCalls(answer: Answer, { variant, splitAtByte }: NonNullable<Fault['markup']>): Answer {
  const before = answer.text === '' ? '' : `${answer.text}\n\n`
  const markup = renderMarkup(answer.calls, variant)
  const leaked = { ...answer, text: before + markup, calls: [], finishReason: 'stop' }
  if (splitAtByte === undefined) return leaked
  return { ...leaked, textSplit: before.length + takeBytes(markup, splitAtByte).length }
}

/** Bytes up to the cut inside the last call's arguments, or inside the text where nothing is called. */
function lengthBudget(answer: Answer, atByte: number): number {
  const last = answer.calls.at(-1)
  const whole = answerParts(answer).join('')
  const cutPart = last?.arguments ?? answer.text
  return Buffer.byteLength(whole) - Buffer.byteLength(cutPart) + Math.min(atByte, Buffer.byteLength(cutPart) - 1)
}

/** Ends the answer after so many bytes, in the order in which it was written. */
function cutAnswer(answer: Answer, bytesMax: number): Answer {
  if (Buffer.byteLength(answerParts(answer).join('')) <= bytesMax) return answer
  let left = bytesMax
  const take = (text: string) => {
    const taken = takeBytes(text, left)
    left = taken.length < text.length ? 0 : left - Buffer.byteLength(taken)
    return taken
  }
  const reasoning = take(answer.reasoning)
  const text = take(answer.text)
  const calls = answer.calls.flatMap((call) =>
    take(call.name) === call.name ? [{ ...call, arguments: take(call.arguments) }] : [],
  )
  return { ...answer, reasoning, text, calls, finishReason: 'length' }
}

/** All that a model writes, in the order in which it does. */
export function answerParts(answer: Answer): string[] {
  return [answer.reasoning, answer.text, ...answer.calls.flatMap((call) => [call.name, call.arguments])]
}
