import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SandboxError } from '../sandbox.js'
import { openSocket, readAll, readUntil } from './clients.fixture.js'
import { createIngress, type Ingress } from './ingress.js'
import { type Inside, startInside } from './inside.fixture.js'
import { startUpstream, type Upstream } from './upstream.fixture.js'

let ingress: Ingress
let insides: Inside[]
let servers: Upstream[]

beforeEach(() => {
  insides = []
  servers = []
  ingress = createIngress({
    async openStream() {
      const inside = startInside('ingress')
      insides.push(inside)
      return inside.stream
    },
  })
})
afterEach(async () => {
  await ingress.close()
  await Promise.all(insides.map(({ exited }) => exited))
  await Promise.all(servers.map((server) => server.stop()))
})

/** A program inside that sends back what it gets. */
async function echo(host = '127.0.0.1'): Promise<Upstream> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
  const started = await startUpstream(server, { host })
  servers.push(started)
  return started
}

async function freePort(): Promise<number> {
  const server = await startUpstream(createServer())
  await server.stop()
  return server.port
}

async function ask(port: number, question: string | Buffer): Promise<Buffer> {
  const socket = openSocket(port)
  socket.end(question)
  return readAll(socket)
}

describe('a port of the host', () => {
  it('leads to the port inside, with the end of what was sent', async () => {
    const { port: inside } = await echo()
    const { host, port } = await ingress.open(inside)
    expect(host).toBe('127.0.0.1')
    const bytes = randomBytes(8 * 1024 * 1024)
    expect((await ask(port, bytes)).equals(bytes)).toBe(true)
  })

  it('is the same for the same port inside, and another for another, all over one session', async () => {
    const [first, second] = [await echo(), await echo()]
    const [one, again, other] = await Promise.all([
      ingress.open(first.port),
      ingress.open(first.port),
      ingress.open(second.port),
    ])
    expect(again).toEqual(one)
    expect(other.port).not.toBe(one.port)
    const answers = await Promise.all(
      [...Array(20).keys()].map((key) => ask(key % 2 ? one.port : other.port, `${key}`)),
    )
    expect(answers.map(String)).toEqual([...Array(20).keys()].map(String))
    expect(insides).toHaveLength(1)
  })

  it('leads to programs that listen on IPv6 alone', async () => {
    const { port: inside } = await echo('::1')
    const { port } = await ingress.open(inside)
    expect(String(await ask(port, 'hello'))).toBe('hello')
  })

  it('needs no program inside before somebody connects', async () => {
    await ingress.open(await freePort())
    expect(insides).toHaveLength(0)
  })

  it('closes a connection at once when nothing listens inside, and works as soon as something does', async () => {
    const inside = await freePort()
    const { port } = await ingress.open(inside)
    expect(String(await ask(port, 'anyone?'))).toBe('')
    const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
    servers.push(await startUpstream(server, { host: '127.0.0.1', port: inside }))
    expect(String(await ask(port, 'hello'))).toBe('hello')
  })

  it('works again after the program inside was killed', async () => {
    const { port: inside, quiet } = await echo()
    const { port } = await ingress.open(inside)
    const socket = openSocket(port)
    socket.write('hello')
    await readUntil(socket, (received) => received.length === 5)
    insides[0]?.child.kill('SIGKILL')
    expect(String(await readAll(socket))).toBe('')
    await quiet()
    expect(String(await ask(port, 'again'))).toBe('again')
    expect(insides).toHaveLength(2)
  })

  it('closes every connection to a server that breaks it at once', async () => {
    const server = createServer((socket) => socket.resetAndDestroy())
    const started = await startUpstream(server, { host: '127.0.0.1' })
    servers.push(started)
    const { port } = await ingress.open(started.port)
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(port, 'hello')))
    expect(answers.every((answer) => answer.length === 0)).toBe(true)
  })

  it('passes on that a client has vanished', async () => {
    const server = await echo()
    const { port } = await ingress.open(server.port)
    const socket = openSocket(port)
    socket.write('hello')
    await readUntil(socket, (received) => received.length === 5)
    socket.resetAndDestroy()
    await server.quiet()
    expect(server.sockets.size).toBe(0)
  })
})

describe('a connection is closed, and the next one tries again,', () => {
  it.each([
    ['when the program inside cannot be started', () => Promise.reject(new Error('no such container'))],
    ['when it ends at once', async () => endedStream()],
    ['when it speaks something else', async () => noisyStream()],
  ])('%s', async (_, openStream) => {
    let tries = 0
    const failing = createIngress({
      openStream() {
        tries += 1
        return openStream()
      },
    })
    try {
      const { port } = await failing.open(80)
      expect(String(await ask(port, 'hello'))).toBe('')
      expect(String(await ask(port, 'hello'))).toBe('')
      expect(tries).toBe(2)
    } finally {
      await failing.close()
    }
  })
})

function endedStream(): Duplex {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  stream.push(null)
  return stream
}

function noisyStream(): Duplex {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  stream.push(randomBytes(1_000))
  return stream
}

it('gives up, in time, on a program inside that does not start', async () => {
  const hanging = createIngress({ openStream: () => new Promise(() => {}), answerTimeoutMs: 200 })
  const { port } = await hanging.open(80)
  expect(String(await ask(port, 'anyone?'))).toBe('')
  await hanging.close()
})

it.each([0, -1, 65_536, 80.5, Number.NaN])('%d is no port', async (port) => {
  await expect(ingress.open(port)).rejects.toThrow(`Expected a port from 1 to 65535, found ${port}.`)
})

it('after it was closed nothing is opened, and nothing listens', async () => {
  const { port: inside } = await echo()
  const { port } = await ingress.open(inside)
  expect(String(await ask(port, 'hello'))).toBe('hello')
  await ingress.close()
  expect(await insides[0]?.exited).toBeDefined()
  await expect(ingress.open(inside)).rejects.toThrow(SandboxError)
  const socket = openSocket(port)
  await readAll(socket)
  expect(socket.errored).toMatchObject({ code: 'ECONNREFUSED' })
})
