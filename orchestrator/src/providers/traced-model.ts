import { ModelFailure } from './failure.js'
import type { Answer, Model, ModelRequest } from './model.js'

/** One attempt at one answer, as it went. */
export interface ModelCall {
  /** When it began. */
  time: string
  tookMs: number
  model: string
  provider: string
  /** What was asked; the key is not part of it. */
  request: ModelRequest
  answer?: Answer
  /** Why there is no answer. */
  failure?: { code: string; message: string }
}

/** The same model, of which every call is told when it is over. */
export function tracedModel(model: Model, told: (call: ModelCall) => void, now: () => number): Model {
  return {
    ...model,
    async *stream(request, signal) {
      const began = now()
      let outcome: Pick<ModelCall, 'answer' | 'failure'> = {
        failure: { code: 'stopped', message: 'Nobody waited for its end.' },
      }
      try {
        for await (const event of model.stream(request, signal)) {
          if (event.type === 'complete') outcome = { answer: event.answer }
          yield event
        }
      } catch (error) {
        outcome = { failure: failureOf(error) }
        throw error
      } finally {
        const { id, providerName } = model
        const time = new Date(began).toISOString()
        told({ time, tookMs: now() - began, model: id, provider: providerName, request, ...outcome })
      }
    },
  }
}

function failureOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof ModelFailure ? error.code : 'stopped', message }
}
