import type { Socket } from 'node:net'
import { type Connect, ConnectFailure, connectPublic, type Lookup, lookupSystem } from '@auroracoder/kit/net'
import { join } from '../tunnel/join.js'
import type { Request } from '../tunnel/session.js'
import { tunnelsMax } from '../tunnel/wire.js'
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
  serve(request: Request): Promise<void>
  /** Closes the connections that are open now. */
  end(): Promise<void>
}

/** Decides about each request for a tunnel, connects, and carries the bytes. */
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

  return {
    async serve({ target: text, withdrawn, accept, refuse }) {
      const target = parseTarget(text)
      if (target === undefined) return refuse({ status: 400, reason: badTarget })
      // One that has no tunnel any more may not have said its last.
      if (sockets.size >= tunnelsMax) return refuse({ status: 503, reason: tooMany })
      const deny = (reason: string): void => {
        onDenied({ ...target, reason })
        refuse({ status: 403, reason })
      }
      const decision = decide(rules, target)
      if (!decision.allowed) return deny(decision.reason)
      try {
        const socket = await reach({ ...target, orPrivate: decision.orPrivate }, withdrawn)
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        if (withdrawn.aborted) return void socket.destroy()
        join({ tunnel: accept(), socket, idleTimeoutMs })
      } catch (error) {
        if (withdrawn.aborted) return
        if (!(error instanceof ConnectFailure)) throw error
        const { code, message: reason } = error
        if (code === 'address_not_public') return deny(reason)
        onFailed({ ...target, reason })
        refuse({ status: code === 'timeout' ? 504 : 502, reason })
      }
    },
    async end() {
      const ends = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const socket of sockets) socket.destroy()
      await Promise.all(ends)
    },
  }
}

const tooMany = `There are ${tunnelsMax} connections, and no more may be. Close some.`
const badTarget = 'Expected a target of the form example.com:443 or [2001:db8::1]:443.'
