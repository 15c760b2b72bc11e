import { type Answer, answerParts } from '../answer/answer.js'
import type { PromptReading } from './prefix-cache.js'
import { tokensOf } from './token.js'

/** Tokens of one answer, in the fields of DeepSeek's API. */
export interface Usage {
  readonly prompt_tokens: number
  readonly prompt_cache_hit_tokens: number
  readonly prompt_cache_miss_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
  readonly completion_tokens_details: { readonly reasoning_tokens: number }
}

/** Tokens over all answers begun with status 200, whether or not they arrived whole. */
export interface Totals {
  answers: number
  promptTokens: number
  cacheHitTokens: number
  cacheMissTokens: number
  completionTokens: number
  reasoningTokens: number
}

/** The completion is billed by its reasoning, text, and each call's name and arguments. */
export function measureUsage(answer: Answer, { promptBytes, hitBytes }: PromptReading): Usage {
  const prompt = tokensOf(promptBytes)
  const hit = tokensOf(hitBytes)
  const reasoning = tokensOf(Buffer.byteLength(answer.reasoning))
  const completion = tokensOf(Buffer.byteLength(answerParts(answer).join('')))
  return {
    prompt_tokens: prompt,
    prompt_cache_hit_tokens: hit,
    prompt_cache_miss_tokens: prompt - hit,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: hit },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

export function addUsage(totals: Totals, usage: Usage): void {
  totals.answers += 1
  totals.promptTokens += usage.prompt_tokens
  totals.cacheHitTokens += usage.prompt_cache_hit_tokens
  totals.cacheMissTokens += usage.prompt_cache_miss_tokens
  totals.completionTokens += usage.completion_tokens
  totals.reasoningTokens += usage.completion_tokens_details.reasoning_tokens
}
