import OpenAI from 'openai'
import { createAssembly } from './assembly.js'
import type { ModelChoice } from './catalog.js'
import { parseChunk } from './chunk.js'
import { type StreamTimeouts, startDeadlines, streamTimeouts } from './deadlines.js'
import { ModelFailure, rootMessage, statusFailure } from './failure.js'
import type { ChatMessage, Model, ModelEvent, ModelRequest, ToolSpec } from './model.js'
import { costOf } from './price.js'
import type { Provider } from './provider.js'
import { retryAfterMs } from './retry-after.js'
import { serverSentData } from './server-sent-events.js'

export interface ModelOptions {
  choice: ModelChoice
  /** Overrides the provider's default. */
  thinking?: boolean
  timeouts?: StreamTimeouts
  now?: () => number
}

const saidCharsMax = 500

/** A model behind an OpenAI-compatible endpoint. */
export function createModel(options: ModelOptions): Model {
  const { provider, info } = options.choice
  const thinking = provider.thinking !== undefined && (options.thinking ?? provider.thinking.default)
  const client = createClient(options.choice)
  const timeouts = options.timeouts ?? streamTimeouts
  const now = options.now ?? Date.now

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const deadlines = startDeadlines({ signal, timeouts, providerName: provider.name })
    try {
      const body = requestBody({ request, model: info.id, provider, thinking })
      const response = await send({ client, body, signal: deadlines.signal, provider, now })
      const assembly = createAssembly({ tools: request.tools, requestBytes: Buffer.byteLength(JSON.stringify(body)) })
      let ended = false
      for await (const data of serverSentData(response, deadlines.watch)) {
        ended = data.trim() === '[DONE]'
        if (ended) break
        yield* assembly.take(parseChunk(data))
      }
      checkComplete({ ended, finishReason: assembly.finishReason(), provider })
      yield* assembly.finish()
    } catch (error) {
      // The client reports every abort in its own words; ours say whose it was.
      throw deadlines.signal.aborted ? deadlines.signal.reason : asFailure(error, provider)
    } finally {
      deadlines.dispose()
    }
  }

  return {
    id: info.id,
    providerName: provider.name,
    thinking,
    images: info.images,
    contextTokens: info.contextTokens,
    outputTokensMax: info.outputTokensMax,
    costOf: (usage, timeMs) => costOf(usage, info, timeMs),
    stream,
  }
}

/** Retries and stream rules are ours: the client notices neither a missing finish reason nor a missing `[DONE]`. */
function createClient({ provider, apiKey }: ModelChoice): OpenAI {
  return new OpenAI({
    baseURL: provider.baseUrl,
    apiKey: apiKey ?? 'none',
    // Said outright, so that no OPENAI_* variable of the environment, meant for another service, takes their place.
    organization: null,
    project: null,
    adminAPIKey: null,
    defaultHeaders: { Authorization: apiKey === undefined ? null : `Bearer ${apiKey}` },
    maxRetries: 0,
    logLevel: 'off',
  })
}

function requestBody(options: { request: ModelRequest; model: string; provider: Provider; thinking: boolean }) {
  const { request, provider } = options
  return {
    model: options.model,
    messages: request.messages,
    ...(request.tools.length > 0 ? { tools: request.tools.map(asFunction) } : {}),
    max_tokens: request.outputTokensMax,
    stream: true,
    stream_options: { include_usage: true },
    ...(options.thinking ? provider.thinking?.on : provider.thinking?.off),
  } satisfies { messages: readonly ChatMessage[]; [field: string]: unknown }
}

function asFunction({ name, description, inputSchema }: ToolSpec) {
  return { type: 'function', function: { name, description, parameters: inputSchema } }
}

async function send(options: {
  client: OpenAI
  body: object
  signal: AbortSignal
  provider: Provider
  now: () => number
}): Promise<ReadableStream<Uint8Array>> {
  const { client, body, signal, provider, now } = options
  const response = await client
    // The deadlines bound the wait; the client's own timer is only kept from firing before them.
    .post('/chat/completions', { body, signal, stream: true, timeout: 2 ** 31 - 1 })
    .asResponse()
    .catch((error: unknown) => {
      throw error instanceof OpenAI.APIError && typeof error.status === 'number'
        ? statusFailure({
            status: error.status,
            said: saidIn(error),
            provider,
            retryAfterMs: retryAfterMs(error.headers, now()),
          })
        : error
    })
  const type = response.headers.get('content-type') ?? 'nothing'
  if (!response.body || !type.includes('text/event-stream')) {
    await response.body?.cancel()
    throw new ModelFailure(
      `${provider.name} answered with ${type} where text/event-stream was expected. Check the base URL ${provider.baseUrl}.`,
      { code: 'bad_answer', retryable: false },
    )
  }
  return response.body
}

function checkComplete(options: { ended: boolean; finishReason: string | undefined; provider: Provider }): void {
  const { ended, finishReason, provider } = options
  const failed = (what: string) => {
    throw new ModelFailure(`${provider.name} ${what}`, { code: 'interrupted', retryable: true })
  }
  if (finishReason === undefined) failed('ended its answer without a finish reason.')
  if (!ended) failed('ended its answer without [DONE].')
  // DeepSeek and OpenRouter use these for an answer that the server gave up on.
  if (finishReason === 'insufficient_system_resource' || finishReason === 'error') failed('gave up on its answer.')
}

function asFailure(error: unknown, provider: Provider): unknown {
  if (error instanceof ModelFailure) return error
  if (error instanceof OpenAI.APIConnectionError) {
    return new ModelFailure(`Cannot reach ${provider.baseUrl}: ${rootMessage(error)}.`, {
      code: 'connect',
      retryable: true,
      cause: error,
    })
  }
  return error
}

function saidIn(error: { error: unknown; message: string }): string {
  const { error: body } = error
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined
  const said = typeof message === 'string' ? message : error.message
  return said
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, saidCharsMax)
}
