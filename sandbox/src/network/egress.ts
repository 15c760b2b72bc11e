import { createServer, type ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Connect, Lookup } from '@auroracoder/kit/net'
import { createBroker, type Denial } from './broker.js'
import { type EgressPolicy, parsePolicy } from './policy.js'
import { sessionOptions, sessionWindowBytes } from './session-options.js'

export interface EgressOptions {
  /** The stdio of the forwarder inside, which speaks http2 as the client. Nothing that it sends is trusted. */
  stream: Duplex
  policy: EgressPolicy
  onDenied(denial: Denial): void
  onFailed(failure: Denial): void
  lookup?: Lookup
  connect?: Connect
}

export interface Egress {
  /**
   * Ends every connection at once. To be called when the forwarder has ended: after some violations of the protocol
   * Node reads no further, and the end of the stream goes unseen.
   */
  close(): void
  /** Resolves when nothing is open any more: after `close`, and mostly when the forwarder ended or broke the rules. */
  closed: Promise<void>
}

/**
 * The only way out of a sandbox. Each CONNECT of the session becomes a connection of this process, if the policy has the
 * host and the host is public. Throws `SandboxError` for a policy that cannot be understood.
 */
export function serveEgress({ stream, policy, lookup, connect, ...told }: EgressOptions): Egress {
  const broker = createBroker({ rules: parsePolicy(policy), ...told, lookup, connect })
  const server = createServer(sessionOptions)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(sessionWindowBytes)
    session.once('close', close)
  })
  server.on('stream', (tunnel, headers) => broker.serve(tunnel, headers))
  const close = (): void => {
    for (const session of sessions) session.destroy()
    stream.destroy()
  }
  stream.once('end', close)
  // A stream that broke says so again after its session has ended.
  stream.on('error', () => {})
  const closed = new Promise((resolve) => stream.once('close', resolve)).then(() => broker.idle())
  server.emit('connection', stream)
  return { close, closed }
}
