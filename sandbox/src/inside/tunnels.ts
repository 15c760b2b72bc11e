import type { Duplex } from 'node:stream'
import { type Refusal, Refused, type Session } from '../tunnel/session.js'
import type { Tunnel } from '../tunnel/tunnel.js'

export interface Wanted {
  session: Session
  /** `host:port` */
  authority: string
  /** For whom it is; when it goes, so does the tunnel. */
  client: Duplex
}

export type Outcome = { tunnel: Tunnel } | { refusal: Refusal }

/** The host gives up earlier than this, unless many connections wait for their turn. */
const answerTimeoutMs = 120_000

/** Asks the host for a connection. Never rejects. */
export async function openTunnel({ session, authority, client }: Wanted): Promise<Outcome> {
  client.on('error', () => {})
  const gone = new AbortController()
  const giveUp = (): void => gone.abort()
  client.once('close', giveUp)
  if (client.destroyed) giveUp()
  const inTime = setTimeout(giveUp, answerTimeoutMs)
  try {
    return { tunnel: await session.open(authority, gone.signal) }
  } catch (error) {
    return { refusal: error instanceof Refused ? error.refusal : ended }
  } finally {
    client.off('close', giveUp)
    clearTimeout(inTime)
  }
}

const ended: Refusal = { status: 502, reason: 'The connection ended before it was there.' }
