import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { SandboxError } from '../sandbox.js'
import { join } from '../tunnel/join.js'
import { tunnelsMax } from '../tunnel/wire.js'
import { type ClientSessionOptions, createClientSession } from './client-session.js'

/** Of a connection on which nothing moves in either direction. */
export const ingressIdleTimeoutMs = 60 * 60_000

export interface Ingress {
  /**
   * An address of this machine's loopback that leads to a port inside, whether something listens there yet or not: a
   * connection to nothing is closed at once. A port has one address for as long as the ingress lives.
   */
  open(port: number): Promise<Address>
  /** Ends every listener, every connection and the program inside. */
  close(): Promise<void>
}

export interface Address {
  host: string
  port: number
}

/** The way into a sandbox. One session carries the connections to all its ports. */
export function createIngress(options: ClientSessionOptions): Ingress {
  const session = createClientSession(options)
  const listeners = new Map<number, Listener>()
  const sockets = new Set<Socket>()
  let isClosed = false

  const carry = async (socket: Socket, inside: number): Promise<void> => {
    socket.on('error', () => {})
    if (sockets.size >= tunnelsMax) return void socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const tunnel = await session.connect(`${loopback}:${inside}`).catch(() => undefined)
    if (tunnel === undefined) return void socket.destroy()
    if (socket.destroyed) return void tunnel.destroy()
    join({ tunnel, socket, idleTimeoutMs: ingressIdleTimeoutMs })
  }

  return {
    async open(inside) {
      if (isClosed) throw new SandboxError(`Port ${inside} cannot be opened: the sandbox has stopped.`)
      if (!Number.isInteger(inside) || inside < 1 || inside > 65_535) {
        throw new SandboxError(`Expected a port from 1 to 65535, found ${inside}.`)
      }
      const listener = listeners.get(inside) ?? listen((socket) => void carry(socket, inside))
      listeners.set(inside, listener)
      try {
        return await listener.address
      } catch (error) {
        if (listeners.get(inside) === listener) listeners.delete(inside)
        throw error
      }
    },
    async close() {
      isClosed = true
      session.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all([...listeners.values()].map(stopListening))
    },
  }
}

const loopback = '127.0.0.1'

interface Listener {
  server: Server
  address: Promise<Address>
}

function listen(onConnection: (socket: Socket) => void): Listener {
  // One chunk at a time waits in a socket, as in a tunnel.
  const server = createServer({ allowHalfOpen: true, highWaterMark: 1 }, onConnection)
  // That a connection could not be taken, for want of descriptors, ends that connection and nothing else.
  server.on('error', () => {})
  return { server, address: addressOf(server.listen(0, loopback)) }
}

async function addressOf(server: Server): Promise<Address> {
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A listener for TCP has no port.')
  return { host: loopback, port: address.port }
}

async function stopListening({ server, address }: Listener): Promise<void> {
  // One that is still about to listen would listen afterwards.
  await address.catch(() => {})
  if (!server.listening) return
  server.close()
  await once(server, 'close')
}
