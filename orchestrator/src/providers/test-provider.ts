import { Failure } from '@auroracoder/kit/jail'
import { z } from 'zod'
import { type Environment, keyOf, missingKey } from './catalog.js'
import { ModelFailure, statusFailure } from './failure.js'
import type { Model } from './model.js'
import type { Provider } from './provider.js'
import { ProviderFailure } from './provider-failure.js'

export interface TestResult {
  ok: boolean
  /** Absent when it did not come to a question. */
  model?: string | undefined
  latencyMs: number
  /** What failed, with a code of `ModelFailure` or `ProviderFailure`. */
  error?: { code: string; message: string } | undefined
}

export const testTimeoutMs = 20_000
const testOutputTokensMax = 64

const question = 'Answer with the one word OK.'

interface TestOptions {
  model: (signal: AbortSignal) => Promise<Model>
  now: () => number
}

/** Asks one short question; a cut-off answer will do. */
export async function testModel({ model, now }: TestOptions): Promise<TestResult> {
  const begin = now()
  const signal = AbortSignal.timeout(testTimeoutMs)
  let asked: string | undefined
  try {
    const tested = await model(signal)
    asked = tested.id
    const request = {
      messages: [{ role: 'user' as const, content: question }],
      tools: [],
      outputTokensMax: testOutputTokensMax,
    }
    for await (const _ of tested.stream(request, signal));
    return { ok: true, model: asked, latencyMs: now() - begin }
  } catch (error) {
    if (error instanceof ProviderFailure && error.code === 'unknown_model') throw error
    return { ok: false, model: asked, latencyMs: now() - begin, error: explain(error, signal) }
  }
}

/** The first listed model, or the first one that the endpoint itself lists. */
export async function testModelId(
  provider: Provider,
  { env, keys, signal }: { env: Environment; keys: Environment; signal: AbortSignal },
): Promise<string> {
  const listed = provider.models[0]?.id
  if (listed !== undefined) return listed
  const missing = missingKey(provider, { env, keys })
  if (missing !== undefined) throw new ProviderFailure('no_key', missing, { provider: provider.id })
  const key = keyOf(provider, { env, keys })
  const response = await fetch(`${provider.baseUrl}/models`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    signal,
  }).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason
    throw new ModelFailure(`Cannot reach ${provider.baseUrl}.`, { code: 'connect', retryable: true, cause })
  })
  if (!response.ok) throw statusFailure({ status: response.status, said: '', provider, retryAfterMs: undefined })
  const models = modelsSchema.safeParse(await response.json().catch(() => undefined))
  const first = models.data?.data[0]?.id
  if (first !== undefined) return first
  throw new ModelFailure(
    `${provider.name} lists no models at ${provider.baseUrl}/models. Name the model to test: {"model": "…"}.`,
    { code: 'not_found', retryable: false },
  )
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string().min(1) })) })

function explain(error: unknown, signal: AbortSignal): { code: string; message: string } {
  if (signal.aborted) {
    return { code: 'timeout', message: `No answer within ${testTimeoutMs} ms.` }
  }
  if (error instanceof ModelFailure || error instanceof ProviderFailure) {
    return { code: error.code, message: error.message }
  }
  if (error instanceof Failure) return { code: 'failed', message: error.message }
  throw error
}
