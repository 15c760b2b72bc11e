// Connects the host to ports of this container. http2 server over standard input and output: each CONNECT stream
// whose authority is 127.0.0.1:PORT becomes a connection to that port of the container's own loopback.
import { once } from 'node:events'
import { createServer } from 'node:http2'
import { connect } from 'node:net'
import { join } from './join.js'
import { sessionOptions, sessionWindowBytes, stdio } from './stdio.js'

/** Programs listen on one of them or on both. */
const loopbacks = ['127.0.0.1', '::1']

const server = createServer(sessionOptions)
server.on('session', (session) => {
  session.setLocalWindowSize(sessionWindowBytes)
  session.once('close', () => process.exit(0))
})
server.on('stream', (stream, headers) => void serve(stream, headers[':authority']))
server.emit('connection', stdio())

/**
 * @param {import('node:http2').ServerHttp2Stream} stream
 * @param {string | undefined} authority
 */
async function serve(stream, authority = '') {
  stream.on('error', () => {})
  const port = Number(/^127\.0\.0\.1:(\d{1,5})$/.exec(authority)?.[1])
  const socket = port >= 1 && port <= 65_535 ? await connectLoopback(port) : undefined
  if (stream.closed || stream.destroyed) {
    socket?.destroy()
  } else if (socket === undefined) {
    stream.respond({ ':status': 502 }, { endStream: true })
    stream.close()
  } else {
    stream.respond({ ':status': 200 })
    join({ stream, socket })
  }
}

/** @param {number} port */
async function connectLoopback(port) {
  for (const host of loopbacks) {
    const socket = connect({ host, port, allowHalfOpen: true })
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      socket.destroy()
    }
  }
  return undefined
}
