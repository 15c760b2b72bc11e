// Connects the host to ports of this container. The host asks for tunnels over standard input and output: each whose
// target is 127.0.0.1:PORT leads to that port of the container's own loopback.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from '../tunnel/join.js'
import { createSession, type Request } from '../tunnel/session.js'
import { idleTimeoutMs, stdio } from './stdio.js'

/** Programs listen on one of them or on both. */
const loopbacks = ['127.0.0.1', '::1']

const session = createSession({ stream: stdio(), onRequest: (request) => void serve(request) })
void session.closed.then(() => process.exit(0))

async function serve({ target, withdrawn, accept, refuse }: Request): Promise<void> {
  const port = Number(/^127\.0\.0\.1:(\d{1,5})$/.exec(target)?.[1])
  const socket = port >= 1 && port <= 65_535 ? await connectLoopback(port) : undefined
  if (socket === undefined) refuse({ status: 502, reason: `Nothing listens on ${target}.` })
  else if (withdrawn.aborted) socket.destroy()
  else join({ tunnel: accept(), socket, idleTimeoutMs })
}

async function connectLoopback(port: number): Promise<Socket | undefined> {
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
