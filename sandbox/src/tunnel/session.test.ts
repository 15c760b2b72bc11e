import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Duplex, PassThrough, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBlocks } from './blocks.js'
import { askedPerTurnMax, createSession, Refused, type Request, type Session } from './session.js'
import { type Tunnel, TunnelBroken } from './tunnel.js'
import {
  dataBytesMax,
  encode,
  type Frame,
  kinds,
  refusalBytesMax,
  targetBytesMax,
  tunnelsMax,
  windowBytes,
} from './wire.js'

const kib = 1024
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** What is written to one end is read from the other, through a pipe that holds little. */
function pipePair(heldBytes = 4 * kib): [Duplex, Duplex] {
  const options = { highWaterMark: heldBytes }
  const [there, back] = [new PassThrough(options), new PassThrough(options)]
  const ends = [Duplex.from({ readable: back, writable: there }), Duplex.from({ readable: there, writable: back })]
  for (const end of ends) end.on('error', () => {})
  return ends as [Duplex, Duplex]
}

let asking: Session
let asked: Session
let requests: Request[]
let onRequest: (request: Request) => void

beforeEach(() => {
  requests = []
  onRequest = () => {}
  const [here, there] = pipePair()
  asking = createSession({ stream: here })
  asked = createSession({
    stream: there,
    onRequest(request) {
      requests.push(request)
      onRequest(request)
    },
  })
})
afterEach(async () => {
  asking.close()
  asked.close()
  await Promise.all([asking.closed, asked.closed])
})

async function connect(): Promise<[Tunnel, Tunnel]> {
  const accepted = new Promise<Tunnel>((resolve) => {
    onRequest = ({ accept }) => resolve(accept())
  })
  return [await asking.open('a.example:80'), await accepted]
}

/** Not by iteration, which would destroy a stream whose other direction goes on. */
async function readAll(tunnel: Tunnel): Promise<Buffer> {
  const chunks: Buffer[] = []
  tunnel.on('data', (chunk: Buffer) => void chunks.push(chunk))
  await once(tunnel, 'end')
  return Buffer.concat(chunks)
}

const closed = (tunnel: Tunnel): Promise<unknown> =>
  tunnel.closed ? Promise.resolve() : new Promise((resolve) => tunnel.once('close', resolve))

describe('a tunnel', () => {
  it('is asked for by its target, and refused with a status and a reason', async () => {
    onRequest = ({ refuse }) => refuse({ status: 403, reason: 'Not there.' })
    const refused = asking.open('a.example:80')
    await expect(refused).rejects.toThrow(Refused)
    await expect(refused).rejects.toMatchObject({ refusal: { status: 403, reason: 'Not there.' } })
    expect(requests.map(({ target }) => target)).toEqual(['a.example:80'])
  })

  it('carries both ways what both send at once, however it is cut, and each end by itself', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300 * kib }), { maxLength: 6 })
    const side = fc.record({ sizes, pauses: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 5 }), async (pairs) => {
        await Promise.all(
          pairs.map(async ([first, second]) => {
            const [one, other] = await connectNext()
            const ends = [pour(one, first), pour(other, second)]
            const [byOther, byOne] = await Promise.all([readAll(other), readAll(one)])
            const [sentByOne, sentByOther] = await Promise.all(ends)
            expect(digest(byOther)).toBe(sentByOne)
            expect(digest(byOne)).toBe(sentByOther)
            await Promise.all([closed(one), closed(other)])
            expect([one.errored, other.errored]).toEqual([null, null])
          }),
        )
      }),
      { numRuns: 50 },
    )
  }, 60_000)

  const waiting: ((tunnel: Tunnel) => void)[] = []
  async function connectNext(): Promise<[Tunnel, Tunnel]> {
    const accepted = new Promise<Tunnel>((resolve) => waiting.push(resolve))
    onRequest = ({ accept }) => waiting.shift()?.(accept())
    return [await asking.open('a.example:80'), await accepted]
  }

  async function pour(
    tunnel: Tunnel,
    { sizes, pauses }: { sizes: readonly number[]; pauses: boolean },
  ): Promise<string> {
    const hash = createHash('sha256')
    for (const size of sizes) {
      const bytes = randomBytes(size)
      hash.update(bytes)
      if (!tunnel.write(bytes)) await once(tunnel, 'drain')
      if (pauses) await setImmediate()
    }
    tunnel.end()
    return hash.digest('hex')
  }

  it('that nobody reads makes its writer wait, and no other', async () => {
    const [stuck, unread] = await connect()
    stuck.write(randomBytes(2 * windowBytes))
    const [other, otherEnd] = await connect()
    const bytes = randomBytes(2 * windowBytes)
    other.end(bytes)
    otherEnd.end()
    expect(digest(await readAll(otherEnd))).toBe(digest(bytes))
    expect(stuck.writableNeedDrain).toBe(true)
    unread.resume()
    await once(stuck, 'drain')
  })

  it('that breaks before its end breaks on the other side', async () => {
    const [one, other] = await connect()
    one.write('half')
    await once(other, 'readable')
    one.destroy()
    await closed(other)
    expect(other.errored).toBeInstanceOf(TunnelBroken)
    expect(other.readableEnded).toBe(false)
  })

  it('that breaks after its end has said all, and takes nothing more', async () => {
    const [one, other] = await connect()
    one.end('whole')
    await once(one, 'finish')
    one.destroy()
    other.write(randomBytes(2 * windowBytes))
    expect(String(await readAll(other))).toBe('whole')
    await closed(other)
    expect(other.errored).toBeNull()
  })

  it('that is not wanted any more before it is there is withdrawn', async () => {
    const gone = new AbortController()
    const opening = asking.open('a.example:80', gone.signal)
    while (requests.length === 0) await setImmediate()
    gone.abort(new Error('gone'))
    await expect(opening).rejects.toThrow('gone')
    const [request] = requests
    if (request?.withdrawn.aborted === false) await once(request.withdrawn, 'abort')
    // Whoever answers late does no harm.
    request?.refuse({ status: 502, reason: 'late' })
    expect(request?.accept().destroyed).toBe(true)
    const [one, other] = await connect()
    one.end('hello')
    expect(String(await readAll(other))).toBe('hello')
  })

  it('breaks with its session, also one that is only asked for', async () => {
    const [one, other] = await connect()
    onRequest = () => {}
    const opening = asking.open('b.example:80')
    while (requests.length < 2) await setImmediate()
    asked.close()
    await expect(opening).rejects.toThrow(TunnelBroken)
    await Promise.all([closed(one), closed(other), asking.closed])
    expect(one.errored).toBeInstanceOf(TunnelBroken)
    expect(requests[1]?.withdrawn.aborted).toBe(true)
    await expect(asking.open('c.example:80')).rejects.toThrow(TunnelBroken)
  })

  it('is one of so many at once, and the next is refused until one has gone', async () => {
    onRequest = ({ accept }) => void accept().resume()
    const tunnels = await Promise.all(Array.from({ length: tunnelsMax }, () => asking.open('a.example:80')))
    await expect(asking.open('a.example:80')).rejects.toMatchObject({ refusal: { status: 503 } })
    tunnels[0]?.destroy()
    await expect(asking.open('a.example:80')).resolves.toBeDefined()
  })

  it('has a target of bounded length', async () => {
    await expect(asking.open('x'.repeat(targetBytesMax + 1))).rejects.toMatchObject({ refusal: { status: 400 } })
  })
})

describe('a session with somebody who knows no rules', () => {
  let wire: Duplex
  let session: Session
  let accepted: Tunnel[]
  beforeEach(() => {
    const [mine, theirs] = pipePair(64 * kib)
    wire = theirs
    accepted = []
    session = createSession({ stream: mine, onRequest: ({ accept }) => void accepted.push(accept()) })
  })
  afterEach(async () => {
    session.close()
    await session.closed
  })

  const frame = (kind: Frame['kind'], id: number, rest: Partial<Frame> = {}): Buffer => encode({ kind, id, ...rest })
  const target = Buffer.from('a.example:80')
  const open = (id: number): Buffer => frame(kinds.open, id, { payload: target })
  const data = (id: number, bytes: number): Buffer => frame(kinds.data, id, { payload: Buffer.alloc(bytes) })

  it.each<[string, Buffer[]]>([
    ['noise', [Buffer.alloc(100_000, 0x40)]],
    ['a frame of no kind', [frame(9 as Frame['kind'], 1)]],
    ['a target that is too long', [frame(kinds.open, 1, { value: targetBytesMax + 1 })]],
    ['a refusal that is too long', [frame(kinds.refuse, 1, { value: refusalBytesMax + 1 })]],
    ['data that is too long', [open(1), frame(kinds.data, 1, { value: dataBytesMax + 1 })]],
    ['more data than it may', [open(1), ...Array<Buffer>(windowBytes / dataBytesMax + 1).fill(data(1, dataBytesMax))]],
    ['data after its end', [open(1), frame(kinds.end, 1), data(1, 1)]],
    ['an end twice', [open(1), frame(kinds.end, 1), frame(kinds.end, 1)]],
    ['the same number twice', [open(1), frame(kinds.reset, 1), open(1)]],
    ['a number from before', [open(2), open(1)]],
    ['more leave to send than there is', [open(1), frame(kinds.window, 1, { value: 1 })]],
  ])('ends, and all that is in it, when there comes %s', async (_, frames) => {
    wire.resume()
    wire.write(Buffer.concat(frames))
    await session.closed
    await Promise.all(accepted.map(closed))
    expect(accepted.every(({ errored }) => errored !== null)).toBe(true)
  })

  it('ends when it asks for more than it reads the answers of', async () => {
    const refusing = pipePair()
    session = createSession({
      stream: refusing[0],
      onRequest: ({ refuse }) => refuse({ status: 403, reason: 'x'.repeat(500) }),
    })
    for (let id = 1; id < 10_000 && !refusing[1].destroyed; id += 1) {
      if (!refusing[1].write(open(id))) await setImmediate()
    }
    await session.closed
  })

  it('is not disturbed by what concerns nobody, in parts of one byte', async () => {
    wire.resume()
    const noise = [
      data(7, 100),
      frame(kinds.window, 7, { value: 2 ** 32 - 1 }),
      frame(kinds.end, 7),
      frame(kinds.reset, 7),
      frame(kinds.accept, 7),
      frame(kinds.refuse, 7, { payload: Buffer.from('{') }),
    ]
    for (const byte of Buffer.concat([...noise, open(8), data(8, 3), frame(kinds.end, 8)])) {
      wire.write(Buffer.from([byte]))
      await setImmediate()
    }
    const [tunnel] = accepted
    tunnel?.end()
    expect(tunnel && (await readAll(tunnel)).length).toBe(3)
  })

  it('goes on when it asks and lets go at once, hundreds of times, and few of them are looked at', async () => {
    wire.resume()
    const pairs = Array.from({ length: 900 }, (_, index) => [open(index + 1), frame(kinds.reset, index + 1)])
    wire.write(Buffer.concat(pairs.flat()))
    await setImmediate()
    expect(accepted.length).toBeLessThanOrEqual(2 * askedPerTurnMax)
    for (let id = 10_000; accepted.at(-1)?.destroyed !== false; id += 1) {
      wire.write(open(id))
      await setImmediate()
    }
    expect(accepted.slice(0, -1).every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('ends when it asks thousands of times at once', async () => {
    wire.resume()
    wire.write(
      Buffer.concat(
        Array.from({ length: 5_000 }, (_, index) => [open(index + 1), frame(kinds.reset, index + 1)]).flat(),
      ),
    )
    await session.closed
    expect(accepted.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('holds little more than its bytes when they come one by one, and nobody reads', async () => {
    wire.resume()
    wire.write(open(1))
    while (accepted.length === 0) await setImmediate()
    const before = process.memoryUsage().arrayBuffers
    const slow = new Writable({ highWaterMark: 16 * kib, write() {} })
    accepted[0]?.pipe(slow)
    for (let sent = 0; sent < 5_000; sent += 1) {
      wire.write(data(1, 1))
      await setImmediate()
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * kib)
  })
})

it('a session on a stream that has closed is over', async () => {
  const gone = new PassThrough()
  gone.destroy()
  await once(gone, 'close')
  const session = createSession({ stream: gone })
  await session.closed
  expect(session.isOver).toBe(true)
  await expect(session.open('a.example:80')).rejects.toThrow(TunnelBroken)
})

it('bytes that wait take up as much room as they are, however small the parts', () => {
  const blocks = createBlocks()
  const large = Buffer.alloc(64 * kib, 7)
  for (let at = 0; at < windowBytes; at += 1) blocks.add(large.subarray(0, 1))
  const taken: Buffer[] = []
  for (let next = blocks.take(); next !== undefined; next = blocks.take()) taken.push(next)
  expect(Buffer.concat(taken)).toEqual(Buffer.alloc(windowBytes, 7))
  expect(taken.length).toBeLessThanOrEqual(16)
  expect(taken.reduce((sum, { buffer: memory }) => sum + memory.byteLength, 0)).toBeLessThanOrEqual(2 * windowBytes)
})
