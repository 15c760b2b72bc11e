import type { OpenAI } from 'openai'
import { createAssembly } from './assembly.js'
import { boundedFetch } from './bounded-fetch.js'
import type { ModelChoice } from './catalog.js'
import { parseChunk } from './chunk.js'
import { type StreamTimeouts, startDeadlines, streamTimeouts } from './deadlines.js'
import { ModelFailure, rootMessage, saidCharsMax, statusFailure } from './failure.js'
import { historyFor } from './history.js'
import type { Model, ModelEvent, ModelRequest, ToolSpec } from './model.js'
import { costOf } from './price.js'
import type { Provider, Thinking } from './provider.js'
import { type Redact, redactor } from './redact.js'
import { retryAfterMs } from './retry-after.js'
import { serverSentData } from './server-sent-events.js'

export interface ModelOptions {
  choice: ModelChoice
  /** Overrides the provider's default. */
  thinking?: boolean
  timeouts?: StreamTimeouts
  now?: () => number
}

/** A model behind an OpenAI-compatible endpoint. */
export function createModel(options: ModelOptions): Model {
  const { provider, info, apiKey, token } = options.choice
  const rules = info.thinking ?? provider.thinking
  const thinking = rules !== undefined && (options.thinking ?? rules.default)
  const timeouts = { ...(options.timeouts ?? streamTimeouts), ...defined(provider.timeouts) }
  const now = options.now ?? Date.now

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    // Loaded with the first answer, so that a service is ready sooner.
    const library = await import('openai')
    const deadlines = startDeadlines({ signal, timeouts, providerName: provider.name })
    try {
      const key = token ? await within(token(), deadlines.signal) : apiKey
      const redact = redactor([key])
      const body = requestBody({ request, model: info.id, provider, thinking: { rules, isOn: thinking } })
      const client = createClient(library, { provider, key })
      const response = await send({ library, client, body, signal: deadlines.signal, provider, now, redact })
      const assembly = createAssembly({ tools: request.tools, requestBytes: Buffer.byteLength(JSON.stringify(body)) })
      let ended = false
      for await (const data of serverSentData(response, deadlines.watch)) {
        ended = data.trim() === '[DONE]'
        if (ended) break
        yield* assembly.take(parseChunk(data, redact))
      }
      checkComplete({ ended, finishReason: assembly.finishReason(), provider })
      yield* assembly.finish()
    } catch (error) {
      // The client reports every abort in its own words; ours say whose it was.
      throw deadlines.signal.aborted ? deadlines.signal.reason : asFailure(error, { library, provider })
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

type Library = typeof import('openai')

/** Retries and stream rules are ours: the client notices neither a missing finish reason nor a missing `[DONE]`. */
function createClient({ OpenAI }: Library, { provider, key }: { provider: Provider; key: string | undefined }): OpenAI {
  return new OpenAI({
    baseURL: provider.baseUrl,
    apiKey: key ?? 'none',
    // Said outright, so that no OPENAI_* variable of the environment, meant for another service, takes their place.
    organization: null,
    project: null,
    adminAPIKey: null,
    defaultHeaders: { Authorization: key === undefined ? null : `Bearer ${key}` },
    maxRetries: 0,
    fetch: boundedFetch,
    logLevel: 'off',
  })
}

function requestBody(options: {
  request: ModelRequest
  model: string
  provider: Provider
  thinking: { rules: Thinking | undefined; isOn: boolean }
}) {
  const { request, provider } = options
  const { rules, isOn } = options.thinking
  return {
    model: options.model,
    messages: historyFor(request.messages, {
      sendBack: rules?.sendBack ?? 'none',
      firstCallFields: provider.firstCallFields,
    }),
    ...(request.tools.length > 0 ? { tools: request.tools.map(asFunction) } : {}),
    max_tokens: request.outputTokensMax,
    stream: true,
    stream_options: { include_usage: true },
    ...(isOn ? rules?.on : rules?.off),
  } satisfies { messages: readonly object[]; [field: string]: unknown }
}

function asFunction({ name, description, inputSchema }: ToolSpec) {
  return { type: 'function', function: { name, description, parameters: inputSchema } }
}

async function send(options: {
  library: Library
  client: OpenAI
  body: object
  signal: AbortSignal
  provider: Provider
  now: () => number
  redact: Redact
}): Promise<ReadableStream<Uint8Array>> {
  const { library, client, body, signal, provider, now, redact } = options
  const response = await client
    // The deadlines bound the wait; the client's own timer is only kept from firing before them.
    .post('/chat/completions', { body, signal, stream: true, timeout: 2 ** 31 - 1 })
    .asResponse()
    .catch((error: unknown) => {
      throw error instanceof library.APIError && typeof error.status === 'number'
        ? statusFailure({
            status: error.status,
            said: redact(saidIn(error)).slice(0, saidCharsMax),
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

function asFailure(error: unknown, { library, provider }: { library: Library; provider: Provider }): unknown {
  if (error instanceof ModelFailure) return error
  if (error instanceof library.APIConnectionError) {
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
  return said.replace(/\p{Cc}+/gu, ' ').trim()
}

/** Settles with the promise, or rejects with the signal's reason when that comes first. */
function within<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function defined(timeouts: Provider['timeouts']): Partial<StreamTimeouts> {
  return Object.fromEntries(Object.entries(timeouts ?? {}).filter(([, ms]) => ms !== undefined))
}
