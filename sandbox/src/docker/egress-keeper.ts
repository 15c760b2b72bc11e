import { setTimeout } from 'node:timers/promises'
import type { Container } from 'dockerode'
import { networkProgram } from '../image/layout.js'
import { type EgressOptions, serveEgress } from '../network/egress.js'
import { again } from './again.js'
import { startInside } from './exec.js'
import type { User } from './users.js'

export interface EgressKeeperOptions extends Omit<EgressOptions, 'stream'> {
  container: Container
  user: User
}

export interface EgressKeeper {
  /** Settles when the proxy inside listens, or has not come up in time. */
  ready(): Promise<void>
  close(): void
}

/** Commands that reach for the network before this are told that nothing listens. */
const readyTimeoutMs = 5_000
const restartDelayMs = 200
const restartDelayMsMax = 10_000

/** Keeps the proxy inside running: the agent can end it, by a signal to everything that it may signal. */
export function keepEgress({ container, user, ...options }: EgressKeeperOptions): EgressKeeper {
  const closing = new AbortController()
  const { signal } = closing
  let listening = createGate()

  async function serve(settled: () => void): Promise<void> {
    const inner = await startInside(container, { command: networkProgram('egress'), user, cwd: '/' })
    const egress = serveEgress({ ...options, stream: inner.stream })
    signal.addEventListener('abort', egress.close, { once: true })
    try {
      inner.onStderr(() => {
        settled()
        listening.open()
      })
      await inner.ended
    } finally {
      signal.removeEventListener('abort', egress.close)
      egress.close()
      listening = createGate()
    }
  }

  void again({ work: serve, firstDelayMs: restartDelayMs, longestDelayMs: restartDelayMsMax, signal })
  return {
    async ready() {
      const inTime = setTimeout(readyTimeoutMs, undefined, { signal, ref: false })
      await Promise.race([listening.passed, inTime]).catch(() => {})
    },
    close: () => closing.abort(),
  }
}

/** Opened once, for all who wait and will wait. */
function createGate(): { passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((settle) => {
    open = settle
  })
  return { passed, open }
}
