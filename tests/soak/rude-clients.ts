import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '../e2e/orchestrator/service.js'

export interface RudeClient {
  readonly service: Service
  readonly session: string
}

/** The ways in which clients go away, and the one in which they stay and take nothing. */
export const rudeWays = ['destroyed', 'reset', 'half-open', 'in mid-request'] as const
export type RudeWay = (typeof rudeWays)[number]

/** Connects, lives for a moment, and goes without a goodbye. */
export async function comeAndGo(
  client: RudeClient,
  { way, livesMs }: { way: RudeWay; livesMs: number },
): Promise<void> {
  const socket = ask(client, way === 'in mid-request' ? 'partly' : 'wholly')
  if (way !== 'half-open') socket.resume()
  await sleep(livesMs)
  if (way === 'reset') socket.resetAndDestroy()
  else if (way === 'half-open') {
    // Our side is closed; what the server still sends is taken by nobody.
    socket.end()
    await sleep(livesMs)
    socket.destroy()
  } else socket.destroy()
}

/** Asks for everything and never reads a byte of it. */
export function stall(client: RudeClient): Socket {
  return ask(client, 'wholly').pause()
}

function ask({ service: { url, token }, session }: RudeClient, extent: 'wholly' | 'partly'): Socket {
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  const head = `GET /v1/sessions/${session}/events HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n`
  socket.write(extent === 'wholly' ? `${head}\r\n` : head)
  return socket
}
