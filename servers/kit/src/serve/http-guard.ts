import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Refusal {
  status: 401 | 403
  message: string
}

const loopbackHosts = ['127.0.0.1', 'localhost', '[::1]']

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/**
 * Decides whether a request may be read at all. On a loopback address, the `Host` must name it with our own port
 * (against DNS rebinding) and an `Origin`, which only browsers send, must be this very server. With a token, every
 * request needs it.
 */
export function createGuard(token: string | undefined): (request: IncomingMessage) => Refusal | undefined {
  return (request) => {
    const { localAddress = '', localPort } = request.socket
    // An IPv4 address that a dual-stack socket shows as IPv6.
    const address = localAddress.replace(/^::ffff:/, '')
    const hosts = new Set([...loopbackHosts, bracketed(address)])
    const authorities = [...hosts].map((host) => `${host}:${localPort}`)
    const { host, origin, authorization } = request.headers
    if (isLoopback(address) && !authorities.includes(host ?? '')) {
      return { status: 403, message: `Host "${host ?? ''}" is not served here; expected ${authorities.join(' or ')}.` }
    }
    if (origin !== undefined && !authorities.some((authority) => origin === `http://${authority}`)) {
      return { status: 403, message: `Origin "${origin}" may not use this server.` }
    }
    if (token !== undefined && !isBearer(authorization, token)) {
      return { status: 401, message: 'A bearer token is required: send "Authorization: Bearer TOKEN".' }
    }
    return undefined
  }
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** Compared as digests, so that neither length nor content shows in the time it takes. */
function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(header ?? '')?.[1]
  if (given === undefined) return false
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
