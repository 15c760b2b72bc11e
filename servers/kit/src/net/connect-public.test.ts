import { once } from 'node:events'
import { createServer, connect as netConnect, type Server, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { addressesTriedMax, type Connect, connectPublic, connectTimeoutMs, lookupTimeoutMs } from './connect-public.js'

let server: Server
let port: number
let tried: string[]

beforeEach(async () => {
  tried = []
  server = createServer((socket) => socket.on('error', () => {}).end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' ? (address?.port ?? 0) : 0
})
afterEach(async () => {
  server.close()
  await once(server, 'close')
})

const ownNetworks = () => ['45.0.0.0/24', '2a02:100::/64']

/** Leads to the server of the test and says that it is where it should be, or where it is told to say. */
function pretend(remoteAddress?: string): Connect {
  return ({ address }) => {
    tried.push(address)
    const socket = netConnect(port, '127.0.0.1')
    return Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress ?? address })
  }
}

/** A connection that is never answered. */
const silent: Connect = ({ address }) => {
  tried.push(address)
  return new Socket()
}

const broken: Connect = ({ address }) => {
  tried.push(address)
  const socket = new Socket()
  process.nextTick(() => socket.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })))
  return socket
}

/** Answers each question with the next of some answers. */
function answers(...each: string[][]) {
  return vi.fn(async () => each.shift() ?? [])
}

describe('a connection', () => {
  it('goes to the address that was checked, whatever the name says afterwards', async () => {
    const lookup = answers(['93.184.216.34'], ['127.0.0.1'])
    const socket = await connectPublic({ host: 'rebinding.example', port, lookup, connect: pretend() })
    const [greeting] = await once(socket, 'data')
    expect(String(greeting)).toBe('hello')
    expect(tried).toEqual(['93.184.216.34'])
    expect(lookup).toHaveBeenCalledTimes(1)
    socket.destroy()
  })

  it('of an address needs no name server', async () => {
    const lookup = answers()
    const socket = await connectPublic({ host: '2606:4700::1111', port, lookup, connect: pretend() })
    expect(tried).toEqual(['2606:4700::1111'])
    expect(lookup).not.toHaveBeenCalled()
    socket.destroy()
  })

  it('uses only the public ones of mixed addresses', async () => {
    const lookup = answers(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '1.1.1.1'])
    const socket = await connectPublic({ host: 'mixed.example', port, lookup, connect: pretend() })
    expect(tried).toEqual(['1.1.1.1'])
    socket.destroy()
  })

  it('goes to the next address when one does not answer', async () => {
    const lookup = answers(['1.1.1.1', '1.0.0.1'])
    const connect: Connect = (target) => (tried.length === 0 ? broken : pretend())(target)
    const socket = await connectPublic({ host: 'two.example', port, lookup, connect })
    expect(tried).toEqual(['1.1.1.1', '1.0.0.1'])
    socket.destroy()
  })
})

describe('no connection is made', () => {
  it.each([
    ['loopback', ['127.0.0.1', '::1']],
    ['a local network', ['192.168.1.10']],
    ['cloud metadata', ['169.254.169.254']],
    ['IPv6 that holds a private address', ['::ffff:10.0.0.1', '64:ff9b::10.0.0.1']],
    ['a public address of this machine’s own network', ['45.0.0.7', '2a02:100::7']],
  ])('when a name leads to %s', async (_, addresses) => {
    const failing = connectPublic({
      host: 'a.example',
      port,
      lookup: answers(addresses),
      connect: pretend(),
      ownNetworks,
    })
    await expect(failing).rejects.toMatchObject({ code: 'address_not_public' })
    expect(tried).toEqual([])
  })

  it.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['10.1.2.3'], ['45.0.0.7']])(
    'to the address %s',
    async (host) => {
      const failing = connectPublic({ host, port, connect: pretend(), ownNetworks })
      await expect(failing).rejects.toMatchObject({ code: 'address_not_public' })
      expect(tried).toEqual([])
    },
  )

  it.each([['0177.0.0.1'], ['2130706433'], ['0x7f.1'], ['127.1'], ['localhost']])(
    'to %s, which the system reads as loopback',
    async (host) => {
      await expect(connectPublic({ host, port })).rejects.toMatchObject({
        code: expect.stringMatching(/^(address_not_public|name_not_found)$/),
      })
    },
  )

  it('that ended up elsewhere', async () => {
    const connect = pretend('127.0.0.1')
    const failing = connectPublic({ host: 'a.example', port, lookup: answers(['1.1.1.1']), connect })
    await expect(failing).rejects.toMatchObject({ code: 'address_not_public' })
  })

  it('when a name has no address, and it says so', async () => {
    await expect(connectPublic({ host: 'a.example', port, lookup: answers([]) })).rejects.toMatchObject({
      code: 'name_not_found',
    })
    const lookup = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    await expect(connectPublic({ host: 'nowhere.example', port, lookup })).rejects.toMatchObject({
      code: 'name_not_found',
      message: 'No address is known of nowhere.example. Check the name.',
    })
  })

  it('when nothing answers, after the first few addresses, of which none is named', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `1.1.1.${index}`)
    const failing = connectPublic({ host: 'many.example', port: 9, lookup: answers(many), connect: broken })
    await expect(failing).rejects.toMatchObject({
      code: 'unreachable',
      message: 'many.example:9 cannot be reached (ECONNREFUSED).',
    })
    expect(tried).toEqual(many.slice(0, addressesTriedMax))
  })
})

describe('waiting ends', () => {
  const never = () => new Promise<string[]>(() => {})
  let timeout: AbortController
  beforeEach(() => {
    timeout = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
  })
  afterEach(() => void vi.restoreAllMocks())

  it('when the caller has gone, whatever it waited for', async () => {
    const gone = new AbortController()
    const { signal } = gone
    const found = answers(['1.1.1.1'])
    const failing = [
      connectPublic({ host: 'slow.example', port, lookup: never, signal }),
      connectPublic({ host: 'silent.example', port, lookup: found, connect: silent, signal }),
    ]
    setImmediate(() => gone.abort(new Error('The caller has gone.')))
    for (const each of failing) await expect(each).rejects.toThrow('The caller has gone.')
    await expect(connectPublic({ host: '1.1.1.1', port, connect: silent, signal })).rejects.toThrow('has gone')
    expect(tried).toEqual(['1.1.1.1'])
  })

  it('for a name server after a while', async () => {
    const failing = connectPublic({ host: 'slow.example', port, lookup: never })
    timeout.abort()
    await expect(failing).rejects.toMatchObject({
      code: 'timeout',
      message: `Looking up slow.example took more than ${lookupTimeoutMs} ms.`,
    })
  })

  it('for an answer after a while, and the connection is closed', async () => {
    const sockets: Socket[] = []
    const connect: Connect = () => {
      const socket = new Socket()
      sockets.push(socket)
      setImmediate(() => timeout.abort())
      return socket
    }
    const failing = connectPublic({ host: '1.1.1.1', port: 9, connect })
    await expect(failing).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining(`1.1.1.1:9 did not answer within ${connectTimeoutMs} ms.`),
    })
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true])
  })
})

describe('a host that may be private', () => {
  it.each(['10.0.0.5', '192.168.1.2', '45.0.0.7', 'fd12::1', '100.64.0.1'])('is reached at %s', async (address) => {
    const lookup = answers([address])
    const socket = await connectPublic({
      host: 'a',
      port: 80,
      orPrivate: true,
      lookup,
      connect: pretend(),
      ownNetworks,
    })
    socket.destroy()
    expect(tried).toEqual([address])
  })

  it.each([
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '169.254.169.254',
    'fe80::1',
    '224.0.0.1',
    '100.100.100.200',
    '::ffff:127.0.0.1',
  ])('is not reached at %s', async (address) => {
    const lookup = answers([address])
    const reached = connectPublic({ host: 'a', port: 80, orPrivate: true, lookup, connect: pretend(), ownNetworks })
    await expect(reached).rejects.toMatchObject({ code: 'address_not_public' })
    expect(tried).toEqual([])
  })
})
