import type { z } from 'zod'
import type { SessionEvent } from '../events/index.js'
import type { newRunSchema } from '../http/schemas.js'
import { bindApi, type StartOptions } from './api.js'
import { makeIdempotencyKey } from './call.js'
import { readStream } from './event-stream.js'
import { followRun } from './follow-run.js'
import { type ClientLimits, clientLimits } from './limits.js'
import { eventsPath, operations } from './operations.js'
import { createTransport, fillPath } from './transport.js'

export interface ClientOptions extends Partial<ClientLimits> {
  /** Of the service, such as http://127.0.0.1:8080; '' on a page that the service itself serves. */
  url: string
  /** A page that is logged in has a cookie and needs none. */
  token?: string | undefined
  fetch?: typeof fetch | undefined
}

export interface EventsOptions {
  /** The last seq that is known already; everything is replayed when absent. */
  after?: number | undefined
  /** Ends the iteration, without an error. */
  signal?: AbortSignal | undefined
}

export type Client = ReturnType<typeof createClient>

/** Speaks to one AuroraCoder service. Nothing is sent before a method is called. */
export function createClient({ url, token, fetch: given, ...limits }: ClientOptions) {
  // The global one is called as a function of the page: browsers refuse it as a method of another object.
  const send: typeof fetch = given ?? ((input, init) => fetch(input, init))
  const transport = createTransport({ url, token, fetch: send, limits: { ...clientLimits, ...limits } })
  const api = bindApi(transport)

  const stream = (sessionId: string, { after = 0, signal = never }: EventsOptions, first?: Opening) =>
    readStream({
      limits: transport.limits,
      after,
      signal,
      open: (last, ended) => {
        if (last === after && first !== undefined) return first(ended)
        const headers = { accept: 'text/event-stream', 'last-event-id': String(last) }
        return transport.send({ method: 'GET', path: fillPath(eventsPath, { id: sessionId }), headers, signal: ended })
      },
    })

  return {
    ...api,

    /**
     * Replays a session's events and follows what happens, durable events and pieces alike. It comes back after a cut
     * by itself, yields each seq once, and ends with the session or the signal.
     */
    events: (sessionId: string, options: EventsOptions = {}): AsyncIterable<SessionEvent> => stream(sessionId, options),

    /**
     * Starts a run and yields its events until its end, also in the session in which it continues. An input that steers
     * yields those of the run that it goes into, from the beginning of that.
     */
    async *run(
      sessionId: string,
      request: z.input<typeof newRunSchema>,
      { idempotencyKey = makeIdempotencyKey(), ...options }: StartOptions = {},
    ): AsyncGenerator<SessionEvent> {
      const { signal } = options
      const run = await api.runs.start(sessionId, request, { ...options, idempotencyKey })
      // The same request again is the same run, and streams from its beginning.
      const first = (ended: AbortSignal) =>
        transport.send({
          method: operations.startRun.method,
          path: fillPath(operations.startRun.path, { id: sessionId }),
          headers: { accept: 'text/event-stream', 'idempotency-key': idempotencyKey },
          body: JSON.stringify(request),
          signal: ended,
        })
      yield* followRun({
        run: { sessionId, runId: run.id },
        begin: stream(sessionId, { signal }, first),
        open: (next) => stream(next, { signal }),
      })
    },
  }
}

type Opening = (signal: AbortSignal) => Promise<Response>

const never = new AbortController().signal
