import { setTimeout } from 'node:timers/promises'
import { networkProgram } from '../image/layout.js'
import { type EgressOptions, serveEgress } from '../network/egress.js'
import { again } from './again.js'
import { type Inside, startInside, withoutCertificates } from './exec.js'
import type { User } from './users.js'

export interface EgressKeeperOptions extends Omit<EgressOptions, 'stream'> {
  inside: Inside
  user: User
}

export interface EgressKeeper {
  /** Starts the proxy inside with the first call; settles when it listens, or has not come up in time. */
  ready(): Promise<void>
  close(): void
}

/** Commands that reach for the network before this are told that nothing listens. */
const readyTimeoutMs = 5_000
const restartDelayMs = 200
const restartDelayMsMax = 10_000

/** Keeps the proxy inside running: the agent can end it, by a signal to everything that it may signal. */
export function keepEgress({ inside, user, ...options }: EgressKeeperOptions): EgressKeeper {
  const closing = new AbortController()
  const { signal } = closing
  let listening = createGate()
  let isKept = false

  async function serve(settled: () => void): Promise<void> {
    const inner = await startInside(inside, {
      command: networkProgram('egress'),
      user,
      cwd: '/',
      env: withoutCertificates,
    })
    const egress = serveEgress({ ...options, stream: inner.stream })
    signal.addEventListener('abort', egress.close, { once: true })
    if (signal.aborted) egress.close()
    try {
      inner.onStderr((text) => {
        if (!text.startsWith('listening')) return
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

  return {
    async ready() {
      if (!isKept) void again({ work: serve, firstDelayMs: restartDelayMs, longestDelayMs: restartDelayMsMax, signal })
      isKept = true
      const done = new AbortController()
      const { passed } = listening
      try {
        const ended = AbortSignal.any([signal, done.signal])
        const inTime = setTimeout(readyTimeoutMs, undefined, { signal: ended, ref: false }).catch(() => {})
        await Promise.race([passed, inTime])
      } finally {
        done.abort()
      }
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
