import { ModelFailure } from './failure.js'
import type { Watch } from './server-sent-events.js'

/** How long one attempt may take. Connecting is bounded by Node's `fetch`: 10 s. */
export interface StreamTimeouts {
  /** From sending the request to the first byte of the body, a keep-alive comment included. */
  firstByteMs: number
  /** Between bytes. Keep-alive comments count: the endpoint is alive and queueing. */
  idleMs: number
  totalMs: number
}

export const streamTimeouts: StreamTimeouts = { firstByteMs: 120_000, idleMs: 90_000, totalMs: 1_800_000 }

export interface Deadlines {
  readonly signal: AbortSignal
  readonly watch: Watch
  dispose(): void
}

/** A signal that aborts with the caller's, or with a `ModelFailure` when a time is up. Dispose of it at the end. */
export function startDeadlines(options: {
  signal: AbortSignal
  timeouts: StreamTimeouts
  providerName: string
}): Deadlines {
  const { timeouts, providerName } = options
  const controller = new AbortController()
  const passOn = () => controller.abort(options.signal.reason)
  if (options.signal.aborted) passOn()
  options.signal.addEventListener('abort', passOn, { once: true })

  const timer = (ms: number, sentence: string) =>
    setTimeout(() => controller.abort(timeout(`${providerName} ${sentence} (${ms} ms).`)), ms)
  const total = timer(timeouts.totalMs, 'did not finish its answer in time')
  const first = timer(timeouts.firstByteMs, 'sent no first byte in time')
  let idle: NodeJS.Timeout | undefined
  let seen = false

  const watch: Watch = {
    waiting() {
      if (seen) idle = timer(timeouts.idleMs, 'fell silent in the middle of its answer')
    },
    received() {
      seen = true
      clearTimeout(first)
      clearTimeout(idle)
      idle = undefined
    },
  }

  return {
    signal: controller.signal,
    watch,
    dispose() {
      for (const running of [total, first, idle]) clearTimeout(running)
      options.signal.removeEventListener('abort', passOn)
    },
  }
}

function timeout(message: string): ModelFailure {
  return new ModelFailure(message, { code: 'timeout', retryable: true })
}
