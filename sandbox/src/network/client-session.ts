import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Duplex } from 'node:stream'
import { SandboxError } from '../sandbox.js'
import { sessionOptions, sessionWindowBytes } from './session-options.js'

/** From asking for a connection until it is there, the start of the program inside included. */
export const answerTimeoutMs = 15_000

export interface ClientSession {
  /** Connects to an address inside. Rejects when nothing listens there, and when the program inside does not answer. */
  connect(authority: string): Promise<ClientHttp2Stream>
  close(): void
}

/** A session over a stream that is opened when it is needed, and again when it broke. */
export function createClientSession(openStream: () => Promise<Duplex>): ClientSession {
  const over = new AbortController()
  let current: Promise<ClientHttp2Session> | undefined

  const open = async (): Promise<ClientHttp2Session> => {
    const stream = await openStream()
    const session = connect('http://inside', { ...sessionOptions, createConnection: () => stream })
    // Whatever goes wrong, `close` follows; each connection learns of it by its own.
    session.on('error', () => {})
    stream.on('error', () => {})
    session.setLocalWindowSize(sessionWindowBytes)
    session.once('close', () => stream.destroy())
    for (const over of ['end', 'close']) stream.once(over, () => session.destroy())
    over.signal.addEventListener('abort', () => session.destroy(), { once: true })
    if (over.signal.aborted) session.destroy()
    return session
  }

  const renew = (): Promise<ClientHttp2Session> => {
    const opening = open()
    current = opening
    opening.catch(() => {
      if (current === opening) current = undefined
    })
    return opening
  }

  /** One that has broken is replaced once, however many wait for it. */
  const usable = async (): Promise<ClientHttp2Session> => {
    const known = current ?? renew()
    const session = await known
    if (!session.closed && !session.destroyed) return session
    return current === undefined || current === known ? renew() : current
  }

  return {
    async connect(authority) {
      over.signal.throwIfAborted()
      const session = await usable()
      const stream = session.request({ ':method': 'CONNECT', ':authority': authority })
      await accepted({ stream, authority })
      return stream
    },
    close() {
      over.abort()
    },
  }
}

async function accepted({ stream, authority }: { stream: ClientHttp2Stream; authority: string }): Promise<void> {
  const gone = new AbortController()
  const giveUp = (): void => gone.abort()
  stream.once('close', giveUp)
  stream.setTimeout(answerTimeoutMs, giveUp)
  try {
    const [headers] = await once(stream, 'response', { signal: gone.signal })
    if (headers[':status'] === constants.HTTP_STATUS_OK) return
    throw new SandboxError(`Nothing listens on ${authority} in the sandbox. Start the program that should.`)
  } catch (error) {
    stream.on('error', () => {})
    stream.destroy()
    throw error
  } finally {
    stream.off('close', giveUp)
    stream.setTimeout(0)
  }
}
