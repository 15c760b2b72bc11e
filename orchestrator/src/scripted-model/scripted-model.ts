import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Totals, Usage } from './billing/usage.js'
import { createChat } from './chat.js'
import { type Clock, systemClock } from './clock.js'
import { serveHttp } from './http/serve-http.js'
import type { RuleName } from './rules/rules.js'
import { parseScript } from './script/load-script.js'
import type { ScriptInput } from './script/script.js'

/** DeepSeek's model ids (https://api-docs.deepseek.com/quick_start/pricing, 2026-09); the first is the default one. */
const deepseekModels = ['deepseek-flash', 'deepseek-v4-flash', 'deepseek-v4-pro']
/** Tokens of prompt and answer together; the context of these models. */
const contextTokensMaxDefault = 1_048_576
/** DeepSeek's limit for deepseek-flash (https://api-docs.deepseek.com/quick_start/rate_limit, 2026-09). */
const concurrencyMaxDefault = 2_500
const bodyBytesMaxDefault = 16 * 1_024 * 1_024
const recordedRequestsMaxDefault = 1_000
const deltaCharsDefault = 16

export interface ScriptedModelOptions {
  readonly script: ScriptInput
  /** 0 takes a free one. */
  readonly port?: number
  readonly host?: string
  /** When given, requests need `Authorization: Bearer <apiKey>`. */
  readonly apiKey?: string
  readonly models?: readonly string[]
  /** Rules set to false are not checked; all others are. */
  readonly rules?: Readonly<Partial<Record<RuleName, boolean>>>
  /** Requests under way at once; one more gets a 429. */
  readonly concurrencyMax?: number
  /** Prompt tokens and `max_tokens` together; more gets a 400. */
  readonly contextTokensMax?: number
  readonly bodyBytesMax?: number
  /** Requests kept in `requests`; the oldest go first. */
  readonly recordedRequestsMax?: number
  /** Code points in one streamed delta. */
  readonly deltaChars?: number
  /** Pause before each piece of a body, for demonstrations. */
  readonly delayMs?: number
  readonly clock?: Clock
}

/** One request to the chat route, as it was answered. */
export interface RecordedRequest {
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** The parsed JSON, or undefined where there was none. */
  readonly body: unknown
  /** HTTP status of the answer. */
  readonly status: number
  /** The error's message, of a request that got one. */
  readonly error: string | undefined
  /** Index into the script's steps. */
  readonly step: number | undefined
  /** How often this same request had come before. */
  readonly attempt: number | undefined
  readonly usage: Usage | undefined
}

export interface ScriptedModel {
  /** Base URL for an OpenAI client, ending in `/v1`; the routes answer without the `/v1` too. */
  readonly url: string
  readonly port: number
  /** In the order they were answered; a live view. */
  readonly requests: readonly RecordedRequest[]
  /** A live view. */
  readonly totals: Readonly<Totals>
  /** Breaks what is under way and frees the port. */
  close(): Promise<void>
}

/**
 * An OpenAI-compatible endpoint on loopback that plays a script, with DeepSeek's rules, bills and bad days.
 * Rejects with a ScriptError for a script that cannot be played, and with the system's error for a port it cannot have.
 */
export async function createScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel> {
  const clock = options.clock ?? systemClock
  const requests: RecordedRequest[] = []
  const recordedMax = options.recordedRequestsMax ?? recordedRequestsMaxDefault
  const models = options.models ?? deepseekModels
  const chat = createChat({
    script: parseScript(options.script),
    models,
    rules: options.rules ?? {},
    contextTokensMax: options.contextTokensMax ?? contextTokensMaxDefault,
    deltaChars: options.deltaChars ?? deltaCharsDefault,
    clock,
  })
  const http = serveHttp({
    chat,
    models,
    clock,
    apiKey: options.apiKey,
    concurrencyMax: options.concurrencyMax ?? concurrencyMaxDefault,
    bodyBytesMax: options.bodyBytesMax ?? bodyBytesMaxDefault,
    delayMs: options.delayMs ?? 0,
    record: (request) => {
      requests.push(request)
      if (requests.length > recordedMax) requests.shift()
    },
  })
  const host = options.host ?? '127.0.0.1'
  const server = createServer(http.handle)
  const port = await listen(server, { host, port: options.port ?? 0 })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`,
    port,
    requests,
    totals: chat.totals,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      http.abort()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(
  server: ReturnType<typeof createServer>,
  { host, port }: { host: string; port: number },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return addressPort(server.address())
}

function addressPort(address: AddressInfo | string | null): number {
  if (typeof address !== 'object' || address === null) throw new Error(`expected a TCP address, found ${address}`)
  return address.port
}
