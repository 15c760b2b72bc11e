import { once } from 'node:events'
import { type ListenOptions, connect as netConnect, type Server, type Socket } from 'node:net'
import type { Connect } from '@auroracoder/kit/net'

export interface Upstream {
  port: number
  sockets: ReadonlySet<Socket>
  /** Resolves when so many are connected. */
  reached(connections: number): Promise<void>
  /** Resolves when those who are connected now have gone. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

/** Makes a server listen on this machine, and ends it with its connections. */
export async function startUpstream(server: Server, options: ListenOptions = { host: '127.0.0.1' }): Promise<Upstream> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen({ ...options, port: options.port ?? 0 })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A listener for TCP has no port.')
  return {
    port: address.port,
    sockets,
    async reached(connections) {
      while (sockets.size < connections) await once(server, 'connection')
    },
    async quiet() {
      await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The address that every name of the tests has; nobody is connected to it. */
export const publicAddress = '93.184.216.34'

/** Connects to this machine and says that it is where it should be. */
export function pretendConnect(options: { onConnect?: (address: string) => void } = {}): Connect {
  return ({ address, port }) => {
    options.onConnect?.(address)
    const socket = netConnect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    return Object.defineProperty(socket, 'remoteAddress', { value: address })
  }
}
