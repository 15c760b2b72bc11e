import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ask, askUnfinished, type HttpAsk, initialize, openSession } from './http-request.js'
import { type HttpServer, startHttpServer } from './http-server.js'
import { runBin } from './run-bin.js'
import { servers, serversWithSlowCall } from './servers.js'

const ping = { jsonrpc: '2.0', id: 2, method: 'ping' }
const megabyte = 1024 * 1024
const exitMsMax = 1_000
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))

describe.each(servers)('the $name server over HTTP', ({ name, bin, quick }) => {
  let server: HttpServer
  beforeAll(async () => {
    server = await startHttpServer({ bin })
  })
  afterAll(() => server.stop())

  /** Every refusal is a JSON-RPC error that says why, and the server goes on. */
  async function expectRefusal(asked: HttpAsk, status: number, message: RegExp): Promise<void> {
    const answer = await ask(server.url, asked)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({
      jsonrpc: '2.0',
      error: { message: expect.stringMatching(message) },
    })
    expect((await ask(server.url, { body: initialize })).status).toBe(200)
  }

  it('listens on a loopback address', () => {
    expect(server.url.hostname).toBe('127.0.0.1')
  })

  it.each([
    ['another host', 'evil.example'],
    ['another host with our port', 'evil.example:PORT'],
    ['another port', '127.0.0.1:1'],
    ['no port', 'localhost'],
    ['an address that only looks local', '127.0.0.1.evil.example:PORT'],
  ])('refuses a Host that names %s', async (_, host) => {
    const headers = { host: host.replace('PORT', server.url.port) }
    await expectRefusal({ headers, body: initialize }, 403, /Host/)
  })

  it.each([
    ['another site', 'http://evil.example'],
    ['another port of this machine', 'http://127.0.0.1:1'],
    ['another scheme', 'https://127.0.0.1:PORT'],
    ['a longer name that begins like ours', 'http://127.0.0.1:PORT.evil.example'],
    ['no page at all', 'null'],
  ])('refuses an Origin that is %s', async (_, origin) => {
    const headers = { origin: origin.replace('PORT', server.url.port) }
    await expectRefusal({ headers, body: initialize }, 403, /Origin/)
  })

  it('admits itself by each of its names, as Host and as Origin', async () => {
    for (const hostname of ['127.0.0.1', 'localhost', '[::1]']) {
      const host = `${hostname}:${server.url.port}`
      expect((await ask(server.url, { headers: { host, origin: `http://${host}` }, body: initialize })).status).toBe(
        200,
      )
    }
  })

  it.each(['/', '/mcp/', '/mcp2', '/mcp/../etc/passwd', '//', '*', '/%6dcp'])('serves nothing at %s', async (path) => {
    await expectRefusal({ path, body: initialize }, 404, /\/mcp/)
  })

  it.each([
    ['malformed JSON', '{"jsonrpc": "2.0", ', /JSON/],
    ['an empty body', '', /JSON/],
    ['JSON that is no message', 'null', /JSON-RPC/],
    ['an empty batch', '[]', /batch/],
    ['a request before initialize', JSON.stringify(ping), /initialize|session/i],
  ])('answers %s with 400', async (_, body, message) => {
    await expectRefusal({ body }, 400, message)
  })

  it('refuses a body that is announced as too large, before it is sent', async () => {
    const headers = { 'content-length': String(5 * megabyte) }
    const { status, body } = await askUnfinished(server.url, { headers })
    expect({ status, body }).toEqual({ status: 413, body: expect.stringContaining('4194304') })
  })

  it('refuses a body of unknown length once it is too large', async () => {
    const { status, body } = await askUnfinished(server.url, { body: 'x'.repeat(4 * megabyte + 1) })
    expect({ status, body }).toEqual({ status: 413, body: expect.stringContaining('4194304') })
  })

  it.each([
    ['a method it does not have', { method: 'PUT', body: initialize }, 405],
    ['a body that is not JSON by its type', { headers: { 'content-type': 'text/plain' }, body: initialize }, 415],
    ['a client that reads no event streams', { headers: { accept: 'application/json' }, body: initialize }, 406],
  ])('refuses %s', async (_, asked: HttpAsk, status) => {
    await expectRefusal(asked, status, /\w/)
  })

  it('answers 404 for a session that it does not know', async () => {
    await expectRefusal({ headers: { 'mcp-session-id': 'nobody' }, body: ping }, 404, /Session not found.*initialize/)
  })

  it('ends a session when told so, and then no longer knows it', async () => {
    const headers = await openSession(server.url)
    expect((await ask(server.url, { headers, body: ping })).status).toBe(200)
    expect((await ask(server.url, { method: 'DELETE', headers })).status).toBe(200)
    expect((await ask(server.url, { headers, body: ping })).status).toBe(404)
  })

  it('keeps a bounded number of sessions: the one that was idle longest goes first', async () => {
    const [oldest, used] = [await openSession(server.url), await openSession(server.url)]
    await ask(server.url, { headers: oldest, body: ping })
    for (let opened = 2; opened < 64; opened += 1) await openSession(server.url)
    await ask(server.url, { headers: used, body: ping })
    await openSession(server.url)
    await openSession(server.url)
    expect((await ask(server.url, { headers: used, body: ping })).status).toBe(200)
    expect((await ask(server.url, { headers: oldest, body: ping })).status).toBe(404)
  })

  it('answers clients side by side, each with its own', async () => {
    const sessions = await Promise.all(Array.from({ length: 5 }, () => openSession(server.url)))
    const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: quick }
    const answers = await Promise.all(sessions.map((headers) => ask(server.url, { headers, body: call })))
    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(body.match(/"id":7/g)).toHaveLength(1)
    }
  })

  it('says that a port is taken', async () => {
    const { exitCode, stderr } = await runBin({ bin, args: ['--http', server.url.port] })
    expect(stderr).toMatch(new RegExp(`^auroracoder-${name}: .*${server.url.port}.*taken.*\n$`))
    expect(exitCode).toBe(2)
  })
})

describe.each(servers)('the $name server with a token', ({ name, bin }) => {
  let server: HttpServer
  beforeAll(async () => {
    server = await startHttpServer({ bin, env: { [`AURORACODER_${name.toUpperCase()}_TOKEN`]: 's3cret' } })
  })
  afterAll(() => server.stop())

  it.each([[{}], ['Bearer wrong'], ['Bearer s3cre'], ['Bearer s3cretx'], ['Basic s3cret'], ['s3cret'], ['Bearer ']])(
    'refuses the authorization %j',
    async (authorization) => {
      const headers = typeof authorization === 'string' ? { authorization } : {}
      const { status, headers: answered, body } = await ask(server.url, { headers, body: initialize })
      expect(status).toBe(401)
      expect(answered['www-authenticate']).toBe('Bearer')
      expect(body).not.toContain('s3cret')
    },
  )

  it('asks for it before it reads a session or a path', async () => {
    expect((await ask(server.url, { path: '/', body: initialize })).status).toBe(401)
    expect((await ask(server.url, { method: 'GET' })).status).toBe(401)
  })

  it('serves who has it', async () => {
    const headers = await openSession(server.url, { authorization: 'Bearer s3cret' })
    expect((await ask(server.url, { headers, body: ping })).status).toBe(200)
  })
})

describe.each(servers)('the $name server on another loopback address', ({ bin }) => {
  it.for(['127.0.0.2', '[::1]', 'localhost'])('serves %s without a token', async (host, context) => {
    if (host === '[::1]' && !hasIpv6) context.skip('this machine has no IPv6')
    const server = await startHttpServer({ bin, args: ['--http', `${host}:0`] })
    onTestFinished(server.stop)
    expect(server.url.hostname).toBe(host)
    expect((await ask(server.url, { body: initialize })).status).toBe(200)
    const foreign = { host: `127.0.0.3:${server.url.port}` }
    expect((await ask(server.url, { headers: foreign, body: initialize })).status).toBe(403)
  })
})

describe.each(servers)('the $name server beyond this machine', ({ bin }) => {
  it.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.com:0'])('needs a token on %s', async (address) => {
    const { exitCode, stderr } = await runBin({ bin, args: ['--http', address] })
    expect(stderr).toMatch(/token/)
    expect(exitCode).toBe(2)
  })

  it('says that an address is not this machine’s', async () => {
    const { exitCode, stderr } = await runBin({ bin, args: ['--http', '192.0.2.1:0', '--token', 'x'] })
    expect(stderr).toMatch(/192\.0\.2\.1/)
    expect(exitCode).toBe(2)
  })

  it('serves every address with a token', async () => {
    const server = await startHttpServer({ bin, args: ['--http', '0.0.0.0:0', '--token', 'x'] })
    onTestFinished(server.stop)
    const url = new URL(server.url)
    url.hostname = '127.0.0.1'
    expect((await ask(url, { body: initialize })).status).toBe(401)
    await openSession(url, { authorization: 'Bearer x' })
  })
})

describe.each(serversWithSlowCall)('the $name server, serving HTTP, ends', ({ bin, slow }) => {
  it('within a second of SIGTERM, with a stream open and a call going on', async () => {
    const server = await startHttpServer({ bin })
    onTestFinished(server.stop)
    const headers = await openSession(server.url)
    const begun = performance.now()
    const stream = await fetch(server.url, { headers: { ...headers, accept: 'text/event-stream' } })
    expect(stream.status).toBe(200)
    expect(performance.now() - begun).toBeLessThan(exitMsMax)
    const call = { jsonrpc: '2.0', id: 3, method: 'tools/call', params: slow }
    const answer = ask(server.url, { headers, body: call }).catch(() => 'cut')
    await ask(server.url, { headers, body: ping })
    const begin = performance.now()
    const exited = once(server.child, 'exit')
    server.child.kill('SIGTERM')
    expect(await exited).toEqual([143, null])
    expect(performance.now() - begin).toBeLessThan(exitMsMax)
    await answer
    await stream.text().catch(() => 'cut')
  })
})
