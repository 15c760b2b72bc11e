import { constants, type Http2Stream } from 'node:http2'
import type { Socket } from 'node:net'

export interface Ends {
  stream: Http2Stream
  socket: Socket
  idleTimeoutMs: number
}

/**
 * Carries bytes both ways. An end of one direction is passed on and the other direction goes on; when one side breaks,
 * the other is broken too, so that nobody takes half of something for the whole. The socket must be half-open.
 */
export function join({ stream, socket, idleTimeoutMs }: Ends): void {
  // Both report by `close` what follows from an error.
  stream.on('error', () => {})
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.setTimeout(idleTimeoutMs, () => socket.destroy())

  stream.pipe(socket, { end: false })
  socket.pipe(stream)
  stream.on('end', () => {
    if (isWhole(stream)) socket.end()
  })
  stream.on('close', () => {
    if (!isWhole(stream)) socket.resetAndDestroy()
    else if (!socket.writableEnded) socket.destroy()
  })
  socket.on('close', () => {
    if (socket.readableEnded) stream.close()
    // `close` with the code of an error would first tell the other side a proper end.
    else stream.destroy(new Error('The other side of the connection broke.'))
  })
}

function isWhole(stream: Http2Stream): boolean {
  return !stream.aborted && (stream.rstCode ?? constants.NGHTTP2_NO_ERROR) === constants.NGHTTP2_NO_ERROR
}
