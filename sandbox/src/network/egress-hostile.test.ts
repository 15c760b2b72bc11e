import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSession, Refused, type Session } from '../tunnel/session.js'
import { encode, kinds, tunnelsMax } from '../tunnel/wire.js'
import { lookupsMax } from './broker.js'
import { type Egress, serveEgress } from './egress.js'
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
    // As the stdio of a process is.
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

const ask = (id: number, target: string): Buffer => encode({ kind: kinds.open, id, payload: Buffer.from(target) })

it.each([
  ['noise', Buffer.alloc(100_000, 0x40)],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')],
  ['half a frame and the end', ask(1, 'a.example:80').subarray(0, 10)],
])('a session ends, and nothing else, when the other side sends %s', async (_, bytes) => {
  peer.pause()
  peer.end(bytes)
  await egress.closed
  expect(upstream.sockets.size).toBe(0)
})

it('connections end with their session', async () => {
  peer.write(ask(1, `a.example:${upstream.port}`))
  await upstream.reached(1)
  peer.write(Buffer.alloc(100, 0x40))
  await egress.closed
  await upstream.quiet()
})

describe('a session goes on', () => {
  let session: Session
  beforeEach(() => {
    session = createSession({ stream: peer })
  })

  const open = (signal?: AbortSignal) => session.open(`a.example:${upstream.port}`, signal)
  /** What was asked for before this has arrived. */
  const arrived = () => expect(session.open('nothing')).rejects.toMatchObject({ refusal: { status: 400 } })

  it('with as many connections as are allowed, when there are many more asked for', async () => {
    const first = await Promise.all(Array.from({ length: tunnelsMax }, () => open()))
    // Another forwarder would not keep to the bound by itself.
    for (let id = 1; id <= 600; id += 1) peer.write(ask(100_000 + id, `a.example:${upstream.port}`))
    await upstream.reached(tunnelsMax)
    for (const tunnel of first) tunnel.destroy()
    await upstream.quiet()
    expect(upstream.sockets.size).toBe(0)
  })

  it('when connections are asked for and let go at once, hundreds of times', async () => {
    for (let round = 0; round < 5; round += 1) {
      const gone = new AbortController()
      const opening = Array.from({ length: 100 }, () => open(gone.signal))
      gone.abort()
      await Promise.allSettled(opening)
    }
    await expect(open()).resolves.toBeDefined()
  })

  it('when names are slow: few are looked up at a time, and who has gone is not waited for', async () => {
    const answers: (() => void)[] = []
    lookup = () => new Promise((resolve) => answers.push(() => resolve([publicAddress])))
    const gone = new AbortController()
    const opening = Array.from({ length: 30 }, () => open(gone.signal))
    await arrived()
    expect(lookups).toBe(lookupsMax)
    gone.abort()
    await Promise.allSettled(opening)
    lookup = async () => [publicAddress]
    const last = open()
    await arrived()
    for (const answer of answers) answer()
    await expect(last).resolves.toBeDefined()
    expect(lookups).toBe(lookupsMax + 1)
  })

  it.each(['a.example', 'x'.repeat(400), '[::1%lo]:80', ''])(
    'when %j is asked for, and says that it is no target',
    async (target) => {
      const refused = session.open(target)
      await expect(refused).rejects.toThrow(Refused)
      await expect(refused).rejects.toMatchObject({ refusal: { status: 400 } })
    },
  )
})

it('what waits for an upstream that takes nothing counts as a connection, and ends with the session', async () => {
  const stuck = await startUpstream(createServer((socket) => void socket.pause()))
  try {
    const bytes = Buffer.alloc(60_000)
    for (let id = 1; id <= 2 * tunnelsMax; id += 1) {
      peer.write(ask(id, `a.example:${stuck.port}`))
      if (id % 64 === 0) await setTimeout(20)
    }
    await stuck.reached(tunnelsMax)
    for (let id = 1; id <= 2 * tunnelsMax; id += 1) {
      peer.write(encode({ kind: kinds.data, id, payload: bytes }))
      peer.write(encode({ kind: kinds.end, id }))
      peer.write(encode({ kind: kinds.reset, id }))
    }
    peer.write(ask(10_000, `a.example:${stuck.port}`))
    await setTimeout(200)
    expect(stuck.sockets.size).toBeLessThanOrEqual(tunnelsMax)
    egress.close()
    await egress.closed
  } finally {
    await stuck.stop()
  }
})

it('a peer that never reads makes its upstreams wait, and little is kept for it', { timeout: 30_000 }, async () => {
  const connections = 20
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
    peer.pause()
    for (let id = 1; id <= connections; id += 1) peer.write(ask(id, `a.example:${source.port}`))
    await source.reached(connections)
    await untilStill(() => poured)
    // Nearly all of it is in the kernel, between the upstream and this process.
    expect(poured / connections).toBeLessThan(16 * 1024 * 1024)
  } finally {
    egress.close()
    await egress.closed
    await source.stop()
  }
})

/** Waits until a number does not change any more. */
async function untilStill(read: () => number): Promise<void> {
  for (let last = -1; last !== read(); ) {
    last = read()
    await setTimeout(stillMs)
  }
}

const stillMs = 200
