import type { Duplex } from 'node:stream'
import type { Connect, Lookup } from '@auroracoder/kit/net'
import { createSession } from '../tunnel/session.js'
import { createBroker, type Denial } from './broker.js'
import { type EgressPolicy, parsePolicy } from './policy.js'

export interface EgressOptions {
  /** The stdio of the program inside, which asks for tunnels. Nothing that it sends is trusted. */
  stream: Duplex
  policy: EgressPolicy
  onDenied(denial: Denial): void
  onFailed(failure: Denial): void
  lookup?: Lookup
  connect?: Connect
}

export interface Egress {
  /** Ends every connection at once. */
  close(): void
  /** Resolves when nothing is open any more: after `close`, and when the program inside ended or broke the rules. */
  closed: Promise<void>
}

/**
 * The only way out of a sandbox. Each tunnel that is asked for becomes a connection of this process, if the policy has
 * the host and the host is public. Throws `SandboxError` for a policy that cannot be understood.
 */
export function serveEgress({ stream, policy, lookup, connect, ...told }: EgressOptions): Egress {
  const broker = createBroker({ rules: parsePolicy(policy), ...told, lookup, connect })
  const session = createSession({
    stream,
    onRequest: (request) => void broker.serve(request).catch(() => session.close()),
  })
  return { close: session.close, closed: session.closed.then(broker.end) }
}
