import type { Duplex } from 'node:stream'
import { rejectedBy } from '@auroracoder/kit/net'
import { SandboxError } from '../sandbox.js'
import { createSession, Refused, type Session } from '../tunnel/session.js'
import type { Tunnel } from '../tunnel/tunnel.js'

/** From asking for a connection until it is there, the start of the program inside included. */
const usualAnswerTimeoutMs = 15_000

export interface ClientSessionOptions {
  /** Starts the program inside, and answers its stdio. */
  openStream(): Promise<Duplex>
  answerTimeoutMs?: number
}

export interface ClientSession {
  /** Connects to an address inside. Rejects when nothing listens there, and when the program inside does not answer. */
  connect(authority: string): Promise<Tunnel>
  close(): void
}

/** A session over a stream that is opened when it is needed, and again when it broke. */
export function createClientSession({
  openStream,
  answerTimeoutMs = usualAnswerTimeoutMs,
}: ClientSessionOptions): ClientSession {
  const over = new AbortController()
  let current: Promise<Session> | undefined

  const renew = (): Promise<Session> => {
    const opening = openStream().then((stream) => createSession({ stream }))
    current = opening
    const forget = (): void => {
      if (current === opening) current = undefined
    }
    opening.then(async (session) => {
      over.signal.addEventListener('abort', session.close, { once: true })
      if (over.signal.aborted) session.close()
      await session.closed
      over.signal.removeEventListener('abort', session.close)
      forget()
    }, forget)
    return opening
  }

  /** One that has ended is replaced once, however many wait for it. */
  const usable = async (): Promise<Session> => {
    const known = current ?? renew()
    const session = await known
    if (!session.isOver) return session
    return current === undefined || current === known ? renew() : current
  }

  return {
    async connect(authority) {
      over.signal.throwIfAborted()
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(answerTimeoutMs)])
      try {
        const session = await Promise.race([usable(), rejectedBy(signal)])
        return await session.open(authority, signal)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        throw new SandboxError(`Nothing listens on ${authority} in the sandbox. Start the program that should.`)
      }
    },
    close: () => over.abort(),
  }
}
