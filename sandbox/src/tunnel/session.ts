import type { Duplex } from 'node:stream'
import { type Line, Tunnel, TunnelBroken } from './tunnel.js'
import { createReader, encode, type Frame, type Kind, kinds, targetBytesMax, tunnelsMax, Violation } from './wire.js'

/** Why there is no tunnel. */
export interface Refusal {
  /** Of HTTP: 403 by the rules, 400, 502, 503 or 504 when it did not work. */
  status: number
  /** A sentence in ASCII. */
  reason: string
}

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** That the other side asked for a tunnel. It is answered once, and not after it was withdrawn. */
export interface Request {
  target: string
  /** Aborted when the other side does not want it any more. */
  withdrawn: AbortSignal
  accept(): Tunnel
  refuse(refusal: Refusal): void
}

export interface SessionOptions {
  /** Leads to the other side, of which nothing is trusted: what it can make this one hold is bounded. */
  stream: Duplex
  /** Of the side that is asked. It must not throw. */
  onRequest?(request: Request): void
}

/**
 * Many tunnels over one stream of bytes. What comes is always read, so that two sides that both send never wait for each
 * other; what one tunnel may send is bounded by what the other side takes of it.
 */
export interface Session {
  /**
   * Asks for a tunnel. Rejects with `Refused`, with `TunnelBroken` when the session ends, and with the signal's reason.
   */
  open(target: string, signal?: AbortSignal): Promise<Tunnel>
  /** No tunnel can be had any more. */
  readonly isOver: boolean
  /** Ends every tunnel at once. */
  close(): void
  /** Settles when all has ended: after `close`, when the stream ended, and when the other side broke the rules. */
  readonly closed: Promise<void>
}

/** Requests for tunnels that are looked at before this process does something else; further ones are refused. */
export const askedPerTurnMax = 2 * tunnelsMax
/** Nobody asks so often in a moment who does not want to be in the way. */
export const refusedPerTurnMax = 4 * tunnelsMax
/** Of frames that the other side has not read, beyond those of data, which wait for it. */
const unreadBytesMax = 1024 * 1024

interface Asked {
  settle(outcome: Tunnel | Error): void
}

export function createSession({ stream, onRequest }: SessionOptions): Session {
  const tunnels = new Map<number, Tunnel>()
  const asked = new Map<number, Asked>()
  const requests = new Map<number, AbortController>()
  /** Have data to send, and take turns. */
  const ready = new Set<Tunnel>()
  let lastId = 0
  let askedInTurn = 0
  let isFull = false
  let isPumping = false
  let isOver = false

  const send = (frame: Frame): void => {
    if (isOver) return
    isFull = !stream.write(encode(frame))
    if (stream.writableLength > unreadBytesMax) finish()
  }

  const pump = (): void => {
    if (isPumping) return
    isPumping = true
    for (const tunnel of ready) {
      if (isFull || isOver) break
      ready.delete(tunnel)
      if (tunnel.sendSome()) ready.add(tunnel)
    }
    isPumping = false
  }

  const line: Line = {
    send,
    ready(tunnel) {
      ready.add(tunnel)
      pump()
    },
    gone(tunnel) {
      if (tunnels.get(tunnel.id) === tunnel) tunnels.delete(tunnel.id)
      ready.delete(tunnel)
    },
  }

  const begin = (id: number): Tunnel => {
    const tunnel = new Tunnel(id, line)
    tunnels.set(id, tunnel)
    return tunnel
  }

  /** The other side asks. */
  const takeOpen = (id: number, target: string): void => {
    if (onRequest === undefined || id <= lastId) throw new Violation('A tunnel is asked for that may not be.')
    lastId = id
    const refuse = (refusal: Refusal): void => {
      const { status, reason } = refusal
      send({ kind: kinds.refuse, id, payload: Buffer.from(JSON.stringify({ status, reason })) })
    }
    // Whoever asks and lets go at once must not keep this process from everything else.
    if (askedInTurn === 0) setImmediate(() => (askedInTurn = 0))
    askedInTurn += 1
    if (askedInTurn > refusedPerTurnMax) throw new Violation('Too many tunnels are asked for at once.')
    if (tunnels.size + requests.size >= tunnelsMax || askedInTurn > askedPerTurnMax) {
      refuse({ status: 503, reason: `There are ${tunnelsMax} connections, and no more may be. Close some.` })
      return
    }
    const withdrawn = new AbortController()
    requests.set(id, withdrawn)
    onRequest({
      target,
      withdrawn: withdrawn.signal,
      accept() {
        if (!requests.delete(id)) return new Tunnel(id, line).destroy(new TunnelBroken('The other side has gone.'))
        send({ kind: kinds.accept, id })
        return begin(id)
      },
      refuse(refusal) {
        if (requests.delete(id)) refuse(refusal)
      },
    })
  }

  const takeReset = (id: number): void => {
    tunnels.get(id)?.takeReset()
    const withdrawn = requests.get(id)
    requests.delete(id)
    withdrawn?.abort(new TunnelBroken('The other side has gone.'))
    if (asked.has(id)) throw new Violation('A tunnel is reset that was not accepted.')
  }

  const takeFrame = ({
    kind,
    id,
    value,
    payload,
  }: {
    kind: Kind
    id: number
    value: number
    payload: Buffer
  }): void => {
    if (isOver) return
    if (kind === kinds.open) takeOpen(id, payload.toString())
    else if (kind === kinds.reset) takeReset(id)
    // Those who have gone here may still be spoken to.
    else if (kind === kinds.accept) asked.get(id)?.settle(begin(id))
    else if (kind === kinds.refuse) asked.get(id)?.settle(new Refused(readRefusal(payload)))
    else if (kind === kinds.end) tunnels.get(id)?.takeEnd()
    else if (kind === kinds.window) tunnels.get(id)?.takeWindow(value)
  }

  const read = createReader({ onFrame: takeFrame, onData: (id, bytes) => tunnels.get(id)?.takeData(bytes) })

  const finish = (): void => {
    if (isOver) return
    isOver = true
    const broken = new TunnelBroken('The session ended.')
    for (const tunnel of tunnels.values()) tunnel.destroy(broken)
    for (const { settle } of asked.values()) settle(broken)
    for (const withdrawn of requests.values()) withdrawn.abort(broken)
    requests.clear()
    stream.destroy()
  }

  stream.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch {
      // A violation; and whatever else bytes could bring about, they end no more than their session.
      finish()
    }
  })
  stream.on('drain', () => {
    isFull = false
    pump()
  })
  stream.on('end', finish)
  stream.on('error', finish)
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      finish()
      resolve()
    }
    if (stream.closed) end()
    else stream.once('close', end)
  })
  if (stream.destroyed) finish()

  return {
    async open(target, signal) {
      signal?.throwIfAborted()
      if (isOver) throw new TunnelBroken('The session has ended.')
      const payload = Buffer.from(target)
      if (payload.length > targetBytesMax) throw new Refused({ status: 400, reason: 'That is not the name of a host.' })
      if (tunnels.size + asked.size >= tunnelsMax)
        throw new Refused({ status: 503, reason: `There are ${tunnelsMax} connections.` })
      lastId += 1
      const id = lastId
      return new Promise<Tunnel>((resolve, reject) => {
        const giveUp = (): void => {
          send({ kind: kinds.reset, id })
          settle(signal?.reason)
        }
        const settle = (outcome: Tunnel | Error): void => {
          asked.delete(id)
          signal?.removeEventListener('abort', giveUp)
          if (outcome instanceof Tunnel) resolve(outcome)
          else reject(outcome)
        }
        asked.set(id, { settle })
        signal?.addEventListener('abort', giveUp, { once: true })
        send({ kind: kinds.open, id, payload })
      })
    },
    get isOver() {
      return isOver
    },
    close: finish,
    closed,
  }
}

/** The other side is trusted with what it says of itself, not with its form. */
function readRefusal(payload: Buffer): Refusal {
  try {
    const { status, reason } = JSON.parse(payload.toString())
    return { status: Number.isInteger(status) ? status : 502, reason: String(reason) }
  } catch {
    throw new Violation('A refusal is no JSON.')
  }
}
