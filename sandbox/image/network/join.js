import { constants } from 'node:http2'

/** Of a connection on which nothing moves in either direction. The host has a shorter time for those that lead out. */
const idleTimeoutMs = 60 * 60_000

/**
 * Carries bytes both ways. An end of one direction is passed on and the other direction goes on; when one side breaks,
 * the other is broken too. The socket must be half-open.
 *
 * @param {{stream: import('node:http2').Http2Stream, socket: import('node:net').Socket}} ends
 */
export function join({ stream, socket }) {
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

/** @param {import('node:http2').Http2Stream} stream */
function isWhole(stream) {
  return !stream.aborted && (stream.rstCode ?? constants.NGHTTP2_NO_ERROR) === constants.NGHTTP2_NO_ERROR
}
