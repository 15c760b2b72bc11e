import { lookup as systemLookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import { isOtherMachine, isPublicUnicast, isWithin } from './address.js'
import { ConnectFailure } from './connect-failure.js'
import { ownNetworks as systemNetworks } from './own-networks.js'

export const lookupTimeoutMs = 10_000
/** Of each address that is tried. */
export const connectTimeoutMs = 10_000
export const addressesTriedMax = 4

/** All addresses of a name. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** Starts to connect to an address, never to a name; must not fail but by the socket's error. */
export type Connect = (target: { address: string; port: number }) => Socket

export interface PublicTarget {
  /** A name or an address; IPv6 without brackets. */
  host: string
  port: number
  /** The host may be on a private network too, because somebody has said that this one is meant. */
  orPrivate?: boolean
  signal?: AbortSignal
  lookup?: Lookup
  connect?: Connect
  /** Networks whose addresses are refused even when they are public. */
  ownNetworks?: () => readonly string[]
}

/**
 * Connects to a host of the public internet and to nothing else. The name is looked up once and every connection goes
 * to an address that was checked, so that a name that changes its mind afterwards changes nothing. The socket stays
 * open for writing when the other side has ended. Throws `ConnectFailure`, or the signal's reason.
 */
export async function connectPublic(target: PublicTarget): Promise<Socket> {
  const { host, port, signal, connect = connectSocket, ownNetworks = systemNetworks } = target
  signal?.throwIfAborted()
  const found = await addressesOf(target)
  const networks = ownNetworks()
  const isPublic = (address: string): boolean => isPublicUnicast(address) && !isWithin(address, networks)
  const isAllowed = target.orPrivate ? isOtherMachine : isPublic
  const addresses = found.filter(isAllowed).slice(0, addressesTriedMax)
  let failure = new ConnectFailure('address_not_public', `${host} does not lead to a public address.`)
  for (const address of addresses) {
    const socket = connect({ address, port })
    try {
      await connected({ socket, name: `${host}:${port}`, signal })
      if (isAllowed(socket.remoteAddress ?? '')) return socket
      throw new ConnectFailure('address_not_public', `The connection to ${host} does not lead to a public address.`)
    } catch (error) {
      socket.on('error', () => {})
      socket.destroy()
      if (!(error instanceof ConnectFailure)) throw error
      failure = error
    }
  }
  throw failure
}

/** As every program of this machine would: its hosts file first, then its name servers. */
export async function lookupSystem(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true })
  return found.map(({ address }) => address)
}

/** One chunk at a time waits in it: a peer that sends byte by byte could make many of them, each of which takes room. */
const oneChunk = { readableHighWaterMark: 1, writableHighWaterMark: 1 }

function connectSocket({ address, port }: { address: string; port: number }): Socket {
  const options = { host: address, port, allowHalfOpen: true, noDelay: true, ...oneChunk }
  return netConnect(options)
}

async function addressesOf({ host, signal, lookup = lookupSystem }: PublicTarget): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  const timeout = AbortSignal.timeout(lookupTimeoutMs)
  try {
    const found = await Promise.race([lookup(host), rejectedBy(timeout), ...(signal ? [rejectedBy(signal)] : [])])
    if (found.length > 0) return found
    throw new Error('The name has no address.')
  } catch (cause) {
    signal?.throwIfAborted()
    if (timeout.aborted) throw new ConnectFailure('timeout', `Looking up ${host} took more than ${lookupTimeoutMs} ms.`)
    throw new ConnectFailure('name_not_found', `No address is known of ${host}. Check the name.`, { cause })
  }
}

/** Never resolves; rejects with the signal's reason. */
export async function rejectedBy(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

interface Attempt {
  socket: Socket
  name: string
  signal: AbortSignal | undefined
}

async function connected({ socket, name, signal }: Attempt): Promise<void> {
  const timeout = AbortSignal.timeout(connectTimeoutMs)
  try {
    await once(socket, 'connect', { signal: AbortSignal.any(signal ? [signal, timeout] : [timeout]) })
  } catch (cause) {
    signal?.throwIfAborted()
    if (timeout.aborted)
      throw new ConnectFailure('timeout', `${name} did not answer within ${connectTimeoutMs} ms. Is the port right?`)
    throw new ConnectFailure('unreachable', `${name} cannot be reached (${reasonOf(cause)}).`, { cause })
  }
}

/** The system's word for it, without its message, which tells the address. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
}
