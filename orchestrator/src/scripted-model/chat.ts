import { type Answer, composeAnswer } from './answer/answer.js'
import { renderBody } from './answer/render.js'
import { createPrefixCache, type PromptReading } from './billing/prefix-cache.js'
import { serializeMessage, serializePrompt } from './billing/serialize.js'
import { tokensOf } from './billing/token.js'
import { addUsage, measureUsage, type Totals, type Usage } from './billing/usage.js'
import type { Clock } from './clock.js'
import { Refusal, statusMessages } from './http/refusal.js'
import { type ChatRequest, parseChatRequest } from './request.js'
import { enforceRules, type RuleName } from './rules/rules.js'
import { chooseStep } from './script/choose-step.js'
import { type Fault, faultOfAttempt } from './script/fault.js'
import { faultsOf, type Script } from './script/script.js'

/** Requests whose attempts are counted; the ones counted first are forgotten first. */
const countedRequestsMax = 10_000

export interface Chat {
  /** Checks, bills and answers one request; throws a Refusal for what gets an HTTP error. */
  answer(body: unknown, trace: (played: Played) => void): ChatReply
  readonly totals: Readonly<Totals>
}

/** Which step answers, told before anything can go wrong with it. */
export interface Played {
  readonly step: number
  readonly attempt: number
}

export interface ChatReply {
  readonly frames: readonly string[]
  readonly streamed: boolean
  readonly fault: Fault | undefined
  readonly usage: Usage
  /** To be called when the answer left whole: only then is it a prefix of what may follow. */
  delivered(): void
}

interface ChatOptions {
  script: Script
  models: readonly string[]
  rules: Readonly<Partial<Record<RuleName, boolean>>>
  contextTokensMax: number
  deltaChars: number
  clock: Clock
}

export function createChat({ script, models, rules, contextTokensMax, deltaChars, clock }: ChatOptions): Chat {
  const cache = createPrefixCache()
  const countAttempt = createAttemptCounter()
  const totals: Totals = {
    answers: 0,
    promptTokens: 0,
    cacheHitTokens: 0,
    cacheMissTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
  }
  return {
    totals,
    answer(body, trace) {
      const request = parseChatRequest(body)
      checkModel(request, models)
      enforceRules(request, rules)
      const choice = chooseStep(script, request)
      const lines = serializePrompt(request)
      checkContext(request, { promptBytes: Buffer.byteLength(lines.join('')), contextTokensMax })
      const reading = cache.readPrompt(request.model, lines)
      const attempt = countAttempt(reading.digest)
      trace({ step: choice.index, attempt })
      const fault = faultOfAttempt(faultsOf(choice.step), attempt)
      if (fault?.status !== undefined) throw statusRefusal(fault, fault.status)
      const answer = composeAnswer({ choice, fault, request, digest: reading.digest })
      const usage = measureUsage(answer, reading)
      addUsage(totals, usage)
      const id = reading.digest.slice(0, 32)
      const created = Math.floor(clock.now() / 1_000)
      return {
        frames: renderBody({ answer, usage, request, fault, id, created, deltaChars }),
        streamed: request.stream,
        fault,
        usage,
        delivered: () => storeAnswer(reading, answer),
      }
    },
  }
}

function checkModel(request: ChatRequest, models: readonly string[]): void {
  if (models.includes(request.model)) return
  throw new Refusal({
    status: 400,
    message: `Model Not Exist: expected one of ${models.join(', ')}, found ${JSON.stringify(request.model)}.`,
    param: 'model',
  })
}

function checkContext(request: ChatRequest, limits: { promptBytes: number; contextTokensMax: number }): void {
  const prompt = tokensOf(limits.promptBytes)
  const requested = prompt + (request.max_tokens ?? 0)
  if (requested <= limits.contextTokensMax) return
  throw new Refusal({
    status: 400,
    message:
      `This model's maximum context length is ${limits.contextTokensMax} tokens, but ${requested} were requested ` +
      `(${prompt} in the messages and tools, ${request.max_tokens ?? 0} in max_tokens). Shorten either.`,
    param: 'messages',
  })
}

/** Counts how often each prompt has come, from 0. */
function createAttemptCounter(): (digest: string) => number {
  const counts = new Map<string, number>()
  return (digest) => {
    const attempt = counts.get(digest) ?? 0
    counts.set(digest, attempt + 1)
    const oldest = counts.size > countedRequestsMax ? counts.keys().next().value : undefined
    if (oldest !== undefined) counts.delete(oldest)
    return attempt
  }
}

function statusRefusal(fault: Fault, status: number): Refusal {
  return new Refusal({
    status,
    message: fault.message ?? statusMessages.get(status) ?? `The script answers with status ${status}.`,
    code: 'scripted_fault',
    headers: fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
  })
}

function storeAnswer(reading: PromptReading, { reasoning, text, calls }: Answer): void {
  const toolCalls = calls.map(({ id, name, arguments: args }) => {
    return { id, type: 'function' as const, function: { name, arguments: args } }
  })
  reading.storeAnswer(
    serializeMessage({
      role: 'assistant',
      content: text,
      reasoning_content: reasoning,
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    }),
  )
}
