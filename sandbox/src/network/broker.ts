import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { type Connect, ConnectFailure, connectPublic, type Lookup, lookupSystem } from '@auroracoder/kit/net'
import { join } from './join.js'
import { decide, type EgressRules } from './policy.js'
import { parseTarget, type Target } from './target.js'
import { createTurns } from './turns.js'

/** Of a connection on which nothing moves in either direction. */
export const idleTimeoutMs = 15 * 60_000
/** Connections under way; more wait. */
export const connectsMax = 32
/** The system looks names up on few threads, which all of this process shares; a slow name holds one for seconds. */
export const lookupsMax = 2

export interface Denial extends Target {
  /** A sentence for the model, in ASCII. */
  reason: string
}

export interface BrokerOptions {
  rules: EgressRules
  onDenied(denial: Denial): void
  /** Told of a connection that was allowed and could not be made. */
  onFailed(failure: Denial): void
  lookup?: Lookup | undefined
  connect?: Connect | undefined
}

export interface Broker {
  serve(tunnel: ServerHttp2Stream, headers: IncomingHttpHeaders): void
  /** Resolves once the connections that are open now are closed. */
  idle(): Promise<void>
}

/** Decides about each CONNECT, connects, and carries its bytes. */
export function createBroker({ rules, onDenied, onFailed, lookup = lookupSystem, connect }: BrokerOptions): Broker {
  const connects = createTurns(connectsMax)
  const lookups = createTurns(lookupsMax)
  const sockets = new Set<Socket>()

  const reach = (target: Target & { orPrivate: boolean }, signal: AbortSignal): Promise<Socket> =>
    connects({
      signal,
      work: () =>
        connectPublic({
          ...target,
          signal,
          lookup: (host) => lookups({ signal, work: () => lookup(host) }),
          ...(connect ? { connect } : {}),
        }),
    })

  const serve = async (tunnel: ServerHttp2Stream, target: Target): Promise<void> => {
    const decision = decide(rules, target)
    if (!decision.allowed) return refuse(tunnel, { ...target, reason: decision.reason })
    const gone = new AbortController()
    tunnel.once('close', () => gone.abort())
    try {
      const socket = await reach({ ...target, orPrivate: decision.orPrivate }, gone.signal)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      if (isGone(tunnel)) return void socket.destroy()
      tunnel.respond({ ':status': 200 })
      join({ stream: tunnel, socket, idleTimeoutMs })
    } catch (error) {
      if (isGone(tunnel)) return
      if (!(error instanceof ConnectFailure)) throw error
      const { code, message } = error
      if (code === 'address_not_public') refuse(tunnel, { ...target, reason: message })
      else fail(tunnel, { ...target, reason: message }, code === 'timeout' ? 504 : 502)
    }
  }

  const refuse = (tunnel: ServerHttp2Stream, denial: Denial): void => {
    onDenied(denial)
    answer(tunnel, { ':status': 403, [refusedHeader]: denial.reason })
  }

  const fail = (tunnel: ServerHttp2Stream, failure: Denial, status: number): void => {
    onFailed(failure)
    answer(tunnel, { ':status': status, [failedHeader]: failure.reason })
  }

  return {
    serve(tunnel, headers) {
      // `close` follows, and says all that has to be done.
      tunnel.on('error', () => {})
      const target = parseTarget(headers[':authority'] ?? '')
      if (headers[':method'] !== 'CONNECT') return answer(tunnel, { ':status': 405 })
      if (target === undefined) return answer(tunnel, { ':status': 400, [failedHeader]: badTarget })
      serve(tunnel, target).catch((error: Error) => tunnel.session?.destroy(error))
    },
    async idle() {
      await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    },
  }
}

const refusedHeader = 'x-auroracoder-refused'
const failedHeader = 'x-auroracoder-failed'
const badTarget = 'Expected a target of the form example.com:443 or [2001:db8::1]:443.'

/** An answer that is no connection. */
function answer(tunnel: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  tunnel.respond(headers, { endStream: true })
  tunnel.close()
}

function isGone(tunnel: ServerHttp2Stream): boolean {
  return tunnel.closed || tunnel.destroyed
}
