import type { Socket } from 'node:net'
import type { Tunnel } from './tunnel.js'

export interface Ends {
  tunnel: Tunnel
  /** Half-open, as a tunnel is. */
  socket: Socket
  /** Of a connection on which nothing moves in either direction. */
  idleTimeoutMs: number
}

/** What has come to its end may still wait for a socket that takes nothing. */
const lastWordsMsMax = 30_000

/**
 * Carries bytes both ways. An end of one direction is passed on and the other direction goes on; when one side breaks,
 * the other is broken too, so that nobody takes half of something for the whole.
 */
export function join({ tunnel, socket, idleTimeoutMs }: Ends): void {
  // Either may have gone before somebody could listen.
  if (tunnel.destroyed || socket.destroyed) {
    tunnel.destroy()
    socket.resetAndDestroy()
    return
  }
  // `close` says what follows from it.
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.setTimeout(idleTimeoutMs, () => socket.destroy())

  tunnel.pipe(socket)
  socket.pipe(tunnel)
  tunnel.on('close', () => {
    if (!tunnel.readableEnded) {
      socket.resetAndDestroy()
      return
    }
    socket.destroySoon()
    const tooLong = setTimeout(() => socket.destroy(), lastWordsMsMax)
    socket.once('close', () => clearTimeout(tooLong))
  })
  socket.on('close', () => {
    if (!socket.readableEnded || tunnel.writableFinished) tunnel.destroy()
    // What it said to its end is still on its way.
    else tunnel.once('finish', () => tunnel.destroy())
  })
}
