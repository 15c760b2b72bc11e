import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookupsMax } from './broker.js'
import { type Egress, serveEgress } from './egress.js'
import { connectionsMax } from './session-options.js'
import { pretendConnect, publicAddress, startUpstream, type Upstream } from './upstream.fixture.js'

// What a program inside can do that took the forwarder's place: it has the bytes of the session in its hands.
let wire: Server
let peer: Socket
let egress: Egress
let upstream: Upstream
let lookups: number
let lookup: () => Promise<string[]>

beforeEach(async () => {
  lookups = 0
  lookup = async () => [publicAddress]
  upstream = await startUpstream(createServer((socket) => void socket.resume()))
  wire = createServer().listen(0, '127.0.0.1')
  await once(wire, 'listening')
  const address = wire.address()
  peer = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  peer.on('error', () => {})
  const [socket] = await once(wire, 'connection')
  egress = serveEgress({
    // As the stdio of a process is: no socket of Node's own, which http2 would read by itself.
    stream: Duplex.from({ readable: socket, writable: socket }),
    policy: { mode: 'open' },
    onDenied: () => {},
    onFailed: () => {},
    lookup: () => {
      lookups += 1
      return lookup()
    },
    connect: pretendConnect(),
  })
})
afterEach(async () => {
  egress.close()
  await egress.closed
  peer.destroy()
  wire.close()
  await upstream.stop()
})

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

function frame({ type, flags = 0, stream = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

interface Frame {
  type: number
  flags?: number
  stream?: number
  payload?: Buffer
}

const types = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
} as const
const endHeaders = 4
const settings = frame({ type: types.settings })

describe('a session ends, and nothing else, when the other side sends', () => {
  it.each([
    ['noise', randomBytes(100_000)],
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
    ['half a preface and the end', preface.subarray(0, 10)],
    [
      'a push',
      Buffer.concat([preface, settings, frame({ type: types.pushPromise, stream: 1, payload: Buffer.alloc(4) })]),
    ],
    ['headers without an end', Buffer.concat([preface, settings, ...endless()])],
    ['settings without an end', Buffer.concat([preface, ...Array<Buffer>(20_000).fill(settings)])],
    ['pings without an end', Buffer.concat([preface, settings, ...Array<Buffer>(20_000).fill(ping())])],
  ])('%s', async (_, bytes) => {
    peer.pause()
    peer.end(bytes)
    await egress.closed
    expect(upstream.sockets.size).toBe(0)
  })
})

function endless(): Buffer[] {
  const part = frame({ type: types.continuation, stream: 1, payload: Buffer.alloc(16_000, 0x40) })
  return [frame({ type: types.headers, stream: 1, payload: Buffer.from([0x40]) }), ...Array<Buffer>(200).fill(part)]
}

function ping(): Buffer {
  return frame({ type: types.ping, payload: Buffer.alloc(8) })
}

describe('a session goes on', () => {
  let session: ClientHttp2Session
  beforeEach(async () => {
    session = connectHttp2('http://egress', { createConnection: () => peer })
    session.on('error', () => {})
    await once(session, 'remoteSettings')
  })
  afterEach(() => session.destroy())

  const open = () => {
    const stream = session.request({ ':method': 'CONNECT', ':authority': `a.example:${upstream.port}` })
    stream.on('error', () => {})
    return stream
  }
  const settled = (stream: ReturnType<typeof open>): Promise<unknown> =>
    new Promise((resolve) => {
      stream.once('response', (headers) => resolve(headers[':status']))
      stream.once('close', () => resolve('closed'))
    })

  it('with as many connections as are allowed, when there are many more asked for', async () => {
    const streams = Array.from({ length: 900 }, open)
    await upstream.reached(connectionsMax)
    await new Promise<void>((resolve) => session.ping(() => resolve()))
    expect(upstream.sockets.size).toBe(connectionsMax)
    for (const stream of streams) stream.destroy()
    await upstream.quiet()
    await new Promise<void>((resolve) => session.ping(() => resolve()))
    expect(session.destroyed).toBe(false)
  })

  it('when connections are asked for and let go at once, hundreds of times', async () => {
    for (let round = 0; round < 5; round += 1) {
      const streams = Array.from({ length: 100 }, open)
      for (const stream of streams) stream.close()
      await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))))
    }
    expect(await settled(open())).toBe(200)
  })

  it('when names are slow: few are looked up at a time, and who has gone is not waited for', async () => {
    const answers: (() => void)[] = []
    lookup = () => new Promise((resolve) => answers.push(() => resolve([publicAddress])))
    const streams = Array.from({ length: 30 }, open)
    await new Promise<void>((resolve) => session.ping(() => resolve()))
    expect(lookups).toBe(lookupsMax)
    for (const stream of streams) stream.close()
    lookup = async () => [publicAddress]
    const last = settled(open())
    await new Promise<void>((resolve) => session.ping(() => resolve()))
    for (const answer of answers) answer()
    expect(await last).toBe(200)
    expect(lookups).toBe(lookupsMax + 1)
  })

  it('when a request is not CONNECT, and says so', async () => {
    const stream = session.request({ ':method': 'GET', ':path': '/', ':authority': `a.example:${upstream.port}` })
    expect(await settled(stream)).toBe(405)
  })

  it.each(['a.example', 'x'.repeat(3_000), '[::1%lo]:80'])(
    'when %j is asked for, and says that it is no target',
    async (authority) => {
      const stream = session.request({ ':method': 'CONNECT', ':authority': authority })
      stream.on('error', () => {})
      expect(await settled(stream)).toBe(400)
    },
  )
})

it('a peer that never reads makes its upstreams wait, and little is kept for it', { timeout: 30_000 }, async () => {
  const streams = 20
  let poured = 0
  const chunk = Buffer.alloc(64 * 1024)
  const source = await startUpstream(
    createServer((socket) => {
      const pour = (): void => {
        do poured += chunk.length
        while (socket.write(chunk))
      }
      socket.on('drain', pour)
      pour()
    }),
  )
  try {
    const requests = Array.from({ length: streams }, (_, index) =>
      frame({
        type: types.headers,
        flags: endHeaders,
        stream: 2 * index + 1,
        payload: Buffer.concat([field(2, 'CONNECT'), field(1, `a.example:${source.port}`)]),
      }),
    )
    const widest = Buffer.from([0x7f, 0xff, 0xff, 0xff])
    const wide = frame({ type: types.settings, payload: Buffer.concat([Buffer.from([0, 4]), widest]) })
    const window = frame({ type: types.windowUpdate, payload: Buffer.from([0x7f, 0xff, 0, 0]) })
    peer.pause()
    peer.write(Buffer.concat([preface, wide, window, ...requests]))
    await source.reached(streams)
    await untilStill(() => poured)
    // Nearly all of it is in the kernel, between the upstream and this process.
    expect(poured / streams).toBeLessThan(16 * 1024 * 1024)
  } finally {
    egress.close()
    await egress.closed
    await source.stop()
  }
})

/** A header by the number of its name (RFC 7541, section 6.2.2). */
function field(name: number, value: string): Buffer {
  return Buffer.from([name, value.length, ...Buffer.from(value)])
}

/** Waits until a number does not change any more. */
async function untilStill(read: () => number): Promise<void> {
  for (let last = -1; last !== read(); ) {
    last = read()
    await setTimeout(stillMs)
  }
}

const stillMs = 200
