// The way out of this container: node egress.js --http-port 3128 --socks-port 1080
// Proxies on the loopback, whose connections the host makes. It asks for tunnels over standard input and output. Once
// both ports are open it says so on standard error, as `listening HTTP-PORT SOCKS-PORT`. It ends with standard input.
import { once } from 'node:events'
import type { Server } from 'node:net'
import { parseArgs } from 'node:util'
import { createSession } from '../tunnel/session.js'
import { createHttpProxy } from './http-proxy.js'
import { createSocksProxy } from './socks-proxy.js'
import { stdio } from './stdio.js'

const { values } = parseArgs({ options: { 'http-port': { type: 'string' }, 'socks-port': { type: 'string' } } })
const session = createSession({ stream: stdio() })
void session.closed.then(() => process.exit(0))
const http = await listen(createHttpProxy(session), values['http-port'] ?? '3128')
const socks = await listen(createSocksProxy(session), values['socks-port'] ?? '1080')
process.stderr.write(`listening ${http} ${socks}\n`)

async function listen(server: Server, port: string): Promise<number | undefined> {
  server.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}
