import { z } from 'zod'
import type { Usage } from '../events/index.js'
import { ModelFailure, saidCharsMax } from './failure.js'
import type { Redact } from './redact.js'

/** Some servers send the arguments as an object. */
const argumentsSchema = z.union([
  z.string(),
  z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value)),
])

const callPieceSchema = z.object({
  index: z.int().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: argumentsSchema.nullish() }).nullish(),
})

const deltaSchema = z.object({
  content: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  /** What OpenRouter and newer vLLM call it. */
  reasoning: z.string().nullish(),
  tool_calls: z.array(callPieceSchema).nullish(),
})

const usageSchema = z.object({
  prompt_tokens: z.number().nullish(),
  completion_tokens: z.number().nullish(),
  prompt_cache_hit_tokens: z.number().nullish(),
  prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: z.number().nullish() }).nullish(),
})

const chunkSchema = z.object({
  choices: z.array(z.object({ delta: deltaSchema.nullish(), finish_reason: z.string().nullish() })).nullish(),
  usage: usageSchema.nullish(),
  error: z.union([z.string(), z.object({ message: z.string().nullish() })]).nullish(),
})

export type CallPiece = z.infer<typeof callPieceSchema>
export type Chunk = z.infer<typeof chunkSchema>

/** `redact` is applied to what an error quotes, never to what the model says. */
export function parseChunk(data: string, redact: Redact): Chunk {
  const parsed = chunkSchema.safeParse(parsedJson(data))
  if (!parsed.success) throw broken(`a chunk that is not a chat completion chunk: ${redact(data).slice(0, 200)}`)
  const { error } = parsed.data
  if (error) {
    const said = typeof error === 'string' ? error : (error.message ?? 'without a message')
    throw broken(`an error: ${redact(said).slice(0, saidCharsMax)}`)
  }
  return parsed.data
}

/** In our terms: `input` = hits + misses, whatever the endpoint left out. */
export function usageOf(raw: z.infer<typeof usageSchema>): Usage {
  const input = count(raw.prompt_tokens)
  const output = count(raw.completion_tokens)
  const cacheHit = Math.min(input, count(raw.prompt_cache_hit_tokens ?? raw.prompt_tokens_details?.cached_tokens))
  const reasoning = Math.min(output, count(raw.completion_tokens_details?.reasoning_tokens))
  return { input, output, reasoning, cacheHit, cacheMiss: input - cacheHit }
}

/** No request has so many; sums of what an endpoint makes up must stay numbers that the log can hold. */
const countedTokensMax = 1_000_000_000

function count(tokens: number | null | undefined): number {
  return Math.min(countedTokensMax, Math.max(0, Math.round(tokens ?? 0)))
}

function parsedJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

function broken(what: string): ModelFailure {
  return new ModelFailure(`The endpoint sent ${what}`, { code: 'interrupted', retryable: true })
}
