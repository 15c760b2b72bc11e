// The way out of this container: node egress.js --http-port 3128 --socks-port 1080
// Proxies on the loopback, whose connections the host makes. http2 client over standard input and output. Once both
// ports are open it says so on standard error, as `listening HTTP-PORT SOCKS-PORT`. It ends with standard input.
import { once } from 'node:events'
import { connect } from 'node:http2'
import { parseArgs } from 'node:util'
import { createHttpProxy } from './http-proxy.js'
import { createSocksProxy } from './socks-proxy.js'
import { sessionOptions, sessionWindowBytes, stdio } from './stdio.js'

const { values } = parseArgs({ options: { 'http-port': { type: 'string' }, 'socks-port': { type: 'string' } } })
const session = connect('http://egress', { ...sessionOptions, createConnection: stdio })
session.setLocalWindowSize(sessionWindowBytes)
session.on('error', () => {})
session.once('close', () => process.exit(0))
const http = await listen(createHttpProxy(session), values['http-port'] ?? '3128')
const socks = await listen(createSocksProxy(session), values['socks-port'] ?? '1080')
process.stderr.write(`listening ${http} ${socks}\n`)

/**
 * @param {import('node:net').Server} server
 * @param {string} port
 */
async function listen(server, port) {
  server.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}
