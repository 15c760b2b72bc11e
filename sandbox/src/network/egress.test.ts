import { createHash, randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Denial } from './broker.js'
import { openSocket, openSocks, openThrough, readAll, readUntil, requestThrough } from './clients.fixture.js'
import { type Egress, serveEgress } from './egress.js'
import { type Inside, startInside } from './inside.fixture.js'
import type { EgressPolicy } from './policy.js'
import { pretendConnect, publicAddress, startUpstream, type Upstream } from './upstream.fixture.js'

let inside: Inside
let egress: Egress
let denied: Denial[]
let failed: Denial[]
let connectedTo: string[]
let httpPort: number
let socksPort: number
let upstreams: Upstream[]

const names: Record<string, string[]> = {
  'lan.example': ['192.168.1.1'],
  'loopback.example': ['127.0.0.1', '::1'],
  'metadata.example': ['169.254.169.254'],
  'mapped.example': ['::ffff:127.0.0.1'],
}

beforeAll(() => start({ mode: 'open' }))
beforeEach(() => {
  denied = []
  failed = []
  connectedTo = []
  upstreams = []
})
afterEach(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.stop()))
})
afterAll(stop)

async function start(policy: EgressPolicy): Promise<void> {
  inside = startInside('egress', ['--http-port', '0', '--socks-port', '0'])
  egress = serveEgress({
    stream: inside.stream,
    policy,
    onDenied: (denial) => void denied.push(denial),
    onFailed: (failure) => void failed.push(failure),
    lookup: async (host) => names[host] ?? (host.startsWith('nowhere') ? [] : [publicAddress]),
    connect: pretendConnect({ onConnect: (address) => void connectedTo.push(address) }),
  })
  const [, http, socks] = (await inside.said).split(' ')
  httpPort = Number(http)
  socksPort = Number(socks)
}

async function stop(): Promise<void> {
  egress.close()
  await egress.closed
  await inside.exited
}

async function serve(server: Server): Promise<Upstream> {
  const upstream = await startUpstream(server)
  upstreams.push(upstream)
  return upstream
}

const tcp = (onConnection: (socket: Socket) => void) =>
  serve(createServer({ allowHalfOpen: true }, (socket) => onConnection(socket)))

const echo = () => tcp((socket) => void socket.pipe(socket))

const mib = 1024 * 1024
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('through CONNECT', () => {
  it('32 MiB travel both ways at once, and a half that ended leaves the other open', { timeout: 60_000 }, async () => {
    const up = randomBytes(32 * mib)
    const down = randomBytes(32 * mib)
    const received: Promise<Buffer>[] = []
    const { port } = await tcp((socket) => {
      received.push(readAll(socket))
      // The end of what was sent arrives before the answer ends.
      socket.once('end', () => socket.end(down.subarray(16 * mib)))
      socket.write(down.subarray(0, 16 * mib))
    })
    const { socket, answer } = await openThrough(httpPort, `big.example:${port}`)
    socket.end(up)
    // What the server says at once can come with the answer of the proxy.
    const begun = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
    const answered = Buffer.concat([begun, await readAll(socket)])
    expect(digest(answered)).toBe(digest(down))
    expect((await Promise.all(received)).map(digest)).toEqual([digest(up)])
  })

  it('many at once that send both ways, and of which some break, leave the others whole', {
    timeout: 60_000,
  }, async () => {
    const rounds = 12
    for (let round = 0; round < rounds; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 16 }, (_, index) => exchange(index % 4 === 0)))
      expect(outcomes.filter((outcome) => outcome === 'whole')).toHaveLength(12)
    }
  })

  /** Up and down at the same time; `breaks`: in the middle, on both sides by turns. */
  async function exchange(breaks: boolean): Promise<'whole' | 'broken'> {
    const [up, down] = [randomBytes(mib), randomBytes(mib)]
    const received: Promise<Buffer>[] = []
    const upstream = await tcp((socket) => {
      received.push(readAll(socket))
      socket.once('data', () => (breaks ? socket.resetAndDestroy() : undefined))
      socket.end(down)
    })
    const { socket, answer } = await openThrough(httpPort, `a.example:${upstream.port}`)
    const begun = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
    socket.end(up)
    const answered = Buffer.concat([begun, await readAll(socket)])
    if (breaks) {
      socket.resetAndDestroy()
      return 'broken'
    }
    const [taken = Buffer.alloc(0)] = await Promise.all(received)
    return answered.equals(down) && taken.equals(up) ? 'whole' : 'broken'
  }

  it('an upstream that ends first can still be written to', async () => {
    const { port } = await tcp(async (socket) => {
      socket.end('first')
      received.push(String(await readAll(socket)))
    })
    const received: string[] = []
    const { socket, answer } = await openThrough(httpPort, `a.example:${port}`)
    await readAll(socket)
    expect(String(answer)).toContain('200 Connection established')
    socket.end('afterwards')
    await upstreams[0]?.quiet()
    expect(received).toEqual(['afterwards'])
  })

  it('goes to the address that was looked up', async () => {
    const { port } = await echo()
    const { socket } = await openThrough(httpPort, `a.example:${port}`)
    expect(connectedTo).toEqual([publicAddress])
    socket.destroy()
  })

  it('a client that vanishes takes its connection with it', async () => {
    const upstream = await echo()
    const { socket } = await openThrough(httpPort, `a.example:${upstream.port}`)
    await upstream.reached(1)
    socket.resetAndDestroy()
    await upstream.quiet()
    expect(upstream.sockets.size).toBe(0)
  })

  it('an upstream that resets breaks the client’s connection, and half an answer is not taken for a whole', async () => {
    const { port } = await tcp((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
    })
    const { socket } = await openThrough(httpPort, `a.example:${port}`)
    socket.write('question')
    await readAll(socket)
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  it.each(['lan.example', 'loopback.example', 'metadata.example', 'mapped.example'])(
    '%s is refused with a reason that is reported',
    async (host) => {
      const { answer } = await openThrough(httpPort, `${host}:80`)
      const reason = `${host} does not lead to a public address.`
      expect(String(answer)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
      expect(String(answer)).toContain(`X-AuroraCoder-Refused: ${reason}\r\n`)
      expect(denied).toEqual([{ host, port: 80, reason }])
      expect(connectedTo).toEqual([])
    },
  )

  it('a name that nobody has and a port that nobody listens on are failures, and not reported', async () => {
    const { answer: unknown } = await openThrough(httpPort, 'nowhere.example:443')
    expect(String(unknown)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
    expect(failed).toMatchObject([
      { host: 'nowhere.example', port: 443, reason: expect.stringContaining('No address') },
    ])
    const { port } = await echo()
    await upstreams.pop()?.stop()
    const { answer: closed } = await openThrough(httpPort, `a.example:${port}`)
    expect(String(closed)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/)
    expect(denied).toEqual([])
  })

  it.each(['a.example', 'a.example:0', 'a.example:99999', '[::1', 'user@a.example:80', 'a..example:80', '*:1'])(
    '%s is told to be no target',
    async (target) => {
      const { answer } = await openThrough(httpPort, target)
      expect(String(answer)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    },
  )
})

describe('plain requests', () => {
  it('are sent in the form of a server, without what is meant for the proxy', async () => {
    const seen: unknown[] = []
    const { port } = await serve(
      createHttpServer((request, response) => {
        seen.push({ line: `${request.method} ${request.url}`, headers: request.headers })
        response.writeHead(201, { 'X-Reply': 'yes', 'Keep-Alive': 'timeout=9' })
        request.pipe(response)
      }),
    )
    const reply = await requestThrough({
      port: httpPort,
      url: `http://a.example:${port}/path?query`,
      method: 'POST',
      headers: {
        Host: 'other.example',
        'Proxy-Authorization': 'secret',
        'X-Hop': 'hop',
        Connection: 'X-Hop, close',
        'X-Kept': 'kept',
      },
      body: 'body',
    })
    expect(reply).toMatchObject({ status: 201, body: 'body', headers: { 'x-reply': 'yes' } })
    expect(reply.headers['keep-alive']).toBeUndefined()
    expect(seen).toEqual([
      {
        line: 'POST /path?query',
        headers: { 'x-kept': 'kept', host: `a.example:${port}`, connection: 'close', 'content-length': '4' },
      },
    ])
  })

  it('have bodies of any length in both directions', { timeout: 60_000 }, async () => {
    const { port } = await serve(createHttpServer((request, response) => void request.pipe(response)))
    const body = randomBytes(mib).toString('hex')
    const chunked = { 'Transfer-Encoding': 'chunked' }
    const url = `http://a.example:${port}/`
    for (const [method, headers] of [
      ['PUT', {}],
      ['DELETE', chunked],
    ] as const) {
      const reply = await requestThrough({ port: httpPort, url, method, headers, body })
      expect(reply.body.length).toBe(body.length)
      expect(reply.body === body).toBe(true)
    }
  })

  it('come 200 at once', { timeout: 60_000 }, async () => {
    const upstream = await serve(createHttpServer((request, response) => void response.end(request.url)))
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        requestThrough({ port: httpPort, url: `http://a.example:${upstream.port}/${index}` }),
      ),
    )
    expect(replies.map(({ body }) => body)).toEqual(replies.map((_, index) => `/${index}`))
    await upstream.quiet()
  })

  it('to what is refused are answered with the reason', async () => {
    const reply = await requestThrough({ port: httpPort, url: 'http://lan.example/' })
    const reason = 'lan.example does not lead to a public address.'
    expect(reply).toMatchObject({ status: 403, headers: { 'x-auroracoder-refused': reason }, body: `${reason}\n` })
    expect(denied).toEqual([{ host: 'lan.example', port: 80, reason }])
  })

  it.each(['/path', 'https://a.example/', 'ftp://a.example/', 'http://'])(
    'for %s are told what is expected',
    async (url) => {
      const reply = await requestThrough({ port: httpPort, url })
      expect(reply).toMatchObject({ status: 400, body: expect.stringContaining('This is a proxy: expected') })
    },
  )

  it('to what speaks no HTTP, or breaks off, end in an error', async () => {
    const { port } = await tcp((socket) => void socket.end('SSH-2.0-whatever\r\n'))
    expect(await requestThrough({ port: httpPort, url: `http://a.example:${port}/` })).toMatchObject({ status: 502 })
    const breaking = await tcp(async (socket) => {
      await readUntil(socket, (received) => received.includes('\r\n\r\n'))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => socket.resetAndDestroy())
    })
    const reply = requestThrough({ port: httpPort, url: `http://a.example:${breaking.port}/` })
    await expect(reply).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('through SOCKS', () => {
  const name = (host: string, port: number) =>
    Buffer.from([3, Buffer.byteLength(host), ...Buffer.from(host), port >> 8, port & 255])
  const succeeded = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])

  it('names and addresses of both kinds are reached', async () => {
    const { port } = await echo()
    const bytes = [port >> 8, port & 255]
    const ipv6 = [0x26, 0x06, 0x47, 0, ...Array<number>(10).fill(0), 0x11, 0x11]
    const addresses = [
      name('a.example', port),
      Buffer.from([1, 1, 1, 1, 1, ...bytes]),
      Buffer.from([4, ...ipv6, ...bytes]),
    ]
    for (const address of addresses) {
      const { socket, answer } = await openSocks(socksPort, address)
      expect(answer).toEqual(succeeded)
      socket.end('hello')
      expect(String(await readAll(socket))).toBe('hello')
    }
    expect(connectedTo).toEqual([publicAddress, '1.1.1.1', '2606:4700::1111'])
  })

  it('a client may send everything at once', async () => {
    const { port } = await echo()
    const socket = openSocket(socksPort)
    socket.end(Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0]), name('a.example', port), Buffer.from('early')]))
    expect(await readAll(socket)).toEqual(Buffer.concat([Buffer.from([5, 0]), succeeded, Buffer.from('early')]))
  })

  it('what is refused is not allowed (2), and reported', async () => {
    const { answer } = await openSocks(socksPort, name('lan.example', 80))
    expect([...answer]).toEqual([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])
    const { answer: loopback } = await openSocks(socksPort, Buffer.from([1, 127, 0, 0, 1, 0, 80]))
    expect(loopback[1]).toBe(2)
    expect(denied.map(({ host, port }) => `${host}:${port}`)).toEqual(['lan.example:80', '127.0.0.1:80'])
  })

  it('what cannot be reached is unreachable (4), and what is no name fails (1)', async () => {
    expect((await openSocks(socksPort, name('nowhere.example', 80))).answer[1]).toBe(4)
    expect((await openSocks(socksPort, name('a b', 80))).answer[1]).toBe(1)
    expect((await openSocks(socksPort, name('', 80))).answer[1]).toBe(1)
  })

  it.each([
    ['another version', [4, 1, 0, 80, 1, 1, 1, 1, 0], []],
    ['a way of authentication that is not there', [5, 1, 2], [5, 255]],
    ['no way of authentication', [5, 0], [5, 255]],
    ['a command other than CONNECT', [5, 1, 0, 5, 2, 0, 1, 1, 1, 1, 1, 0, 80], [5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0]],
    ['another kind of address', [5, 1, 0, 5, 1, 0, 9, 1, 1, 1, 1, 0, 80], [5, 0]],
    ['another version later', [5, 1, 0, 4, 1, 0, 1, 1, 1, 1, 1, 0, 80], [5, 0]],
    ['half a message', [5, 1, 0, 5, 1, 0, 3, 200, 97], [5, 0]],
  ])('%s is turned away', async (_, sent, answered) => {
    const socket = openSocket(socksPort)
    socket.end(Buffer.from(sent))
    expect([...(await readAll(socket))]).toEqual(answered)
    const { answer } = await openSocks(socksPort, name('lan.example', 80))
    expect(answer[1]).toBe(2)
  })
})

describe('when one side ends', () => {
  beforeEach(async () => {
    await stop()
    await start({ mode: 'open' })
  })

  it('in mid-transfer because the forwarder was killed, every connection is closed', async () => {
    const upstream = await tcp((socket) => void socket.write(randomBytes(mib)))
    const opened = await Promise.all(
      Array.from({ length: 10 }, () => openThrough(httpPort, `a.example:${upstream.port}`)),
    )
    await upstream.reached(10)
    inside.child.kill('SIGKILL')
    await egress.closed
    await upstream.quiet()
    expect(upstream.sockets.size).toBe(0)
    for (const { socket } of opened) socket.destroy()
  })

  it('because the host closed, the forwarder ends too', async () => {
    const upstream = await echo()
    const { socket } = await openThrough(httpPort, `a.example:${upstream.port}`)
    await upstream.reached(1)
    egress.close()
    await egress.closed
    await upstream.quiet()
    expect(upstream.sockets.size).toBe(0)
    expect(await inside.exited).toEqual([0, null])
    socket.destroy()
  })
})

it('with an allow-list only what is on it is reached', async () => {
  const { port } = await echo()
  await stop()
  await start({ mode: 'allow-list', hosts: [`good.example:${port}`] })
  const good = await openThrough(httpPort, `good.example:${port}`)
  expect(String(good.answer)).toMatch(/^HTTP\/1\.1 200 /)
  good.socket.destroy()
  const reason = "evil.example:443 is not on the sandbox's list of hosts."
  const { answer, socket } = await openThrough(httpPort, 'EVIL.example:443')
  expect(String(answer)).toContain(`X-AuroraCoder-Refused: ${reason}`)
  expect(String(Buffer.concat([answer, await readAll(socket)]))).toContain(`\r\n\r\n${reason}\n`)
  expect(denied).toEqual([{ host: 'evil.example', port: 443, reason }])
})
