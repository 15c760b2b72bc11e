import { eventSchema, type SessionEvent } from '../events/index.js'
import { ApiError, badAnswer, parseJson } from './api-error.js'
import { mayHelp } from './call.js'
import { pause, waitBefore } from './pause.js'
import { createFrameReader } from './server-sent-events.js'
import { type Transport, unreachable } from './transport.js'

export interface StreamOptions {
  limits: Transport['limits']
  /** Opens the stream after this seq; asked again after each cut. */
  open(after: number, signal: AbortSignal): Promise<Response>
  after: number
  signal: AbortSignal
}

/**
 * Events in their order, each seq once, over as many connections as it takes. It ends with the session, when that is
 * closed or removed, and with the signal; it rejects for answers that another attempt would only repeat, and when
 * attempts without an event are used up.
 */
export async function* readStream({ limits, open, after, signal }: StreamOptions): AsyncGenerator<SessionEvent> {
  const waits = { firstMs: limits.retryFirstMs, longestMs: limits.reconnectLongestMs }
  let last = after
  let failures = 0
  let connected = false
  while (!signal.aborted) {
    let problem: unknown
    const connection = createConnection({ signal, silenceMsMax: limits.silenceMsMax })
    try {
      const response = await connection.within(() => open(last, connection.signal))
      connected = true
      for await (const frame of connection.frames(response)) {
        if ('retryMs' in frame) {
          waits.firstMs = Math.min(frame.retryMs, limits.reconnectLongestMs)
          continue
        }
        const event = readEvent(frame.data)
        if (event === undefined || ('seq' in event && event.seq <= last)) continue
        if (signal.aborted) return
        if ('seq' in event) last = event.seq
        failures = 0
        yield event
        if (event.type === 'session.closed') return
      }
    } catch (error) {
      if (signal.aborted) return
      if (connected && error instanceof ApiError && error.code === 'unknown_session') return
      if (!mayHelp(error)) throw error
      problem = error
    } finally {
      connection.close()
    }
    failures += 1
    if (failures > (connected ? limits.reconnectsMax : limits.retriesMax)) throw givenUp(failures, problem)
    const asked = problem instanceof ApiError ? (problem.retryAfterMs ?? 0) : 0
    if (asked > limits.retryAfterMsMax) throw problem
    await pause(Math.max(asked, waitBefore(failures, waits)), signal)
  }
}

function givenUp(attempts: number, cause: unknown): unknown {
  if (cause !== undefined) return cause
  const message = `The stream of events ended ${attempts} times without an event. See whether the service or a proxy ends it.`
  return new ApiError({ status: 0, code: 'unreachable', message })
}

/** Undefined for a type that this client does not know: a newer server may tell more. */
function readEvent(data: string): SessionEvent | undefined {
  const json = parseJson(data)
  const parsed = eventSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined
  if (typeof type === 'string' && !knownTypes.has(type)) return undefined
  throw badAnswer('an event', data, parsed.error)
}

const knownTypes = new Set<string>(
  eventSchema.options.flatMap(({ shape }) => ('value' in shape.type ? [shape.type.value] : shape.type.options)),
)

interface ConnectionOptions {
  signal: AbortSignal
  silenceMsMax: number
}

/** One response of the stream. It ends when nothing has come for too long while somebody waited for it. */
function createConnection({ signal, silenceMsMax }: ConnectionOptions) {
  const silence = new AbortController()
  const ended = AbortSignal.any([signal, silence.signal])

  const within = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const timer = setTimeout(() => silence.abort(), silenceMsMax)
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof ApiError ? cause : unreachable('The stream of events', cause)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    signal: ended,
    within,
    async *frames(response: Response) {
      const reader = response.body?.getReader()
      if (reader === undefined || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
        await reader?.cancel().catch(() => {})
        throw badAnswer('a stream of events', response.headers.get('content-type'))
      }
      const cancel = () => void reader.cancel().catch(() => {})
      ended.addEventListener('abort', cancel)
      const { push } = createFrameReader()
      try {
        for (;;) {
          const { done, value } = await within(() => reader.read())
          if (done) return
          yield* push(value)
        }
      } finally {
        ended.removeEventListener('abort', cancel)
        cancel()
      }
    },
    /** Frees what a response that was never read holds. */
    close: () => silence.abort(),
  }
}
