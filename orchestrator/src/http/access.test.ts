import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wordsAgent } from '../sessions/agent.fixture.js'
import { cookieName, loginCodeMs, passMs } from './auth.js'
import { failuresMax, failureWindowMs } from './failure-limit.js'
import { type Bench, createBench, rawCall, token } from './server.fixture.js'
import { loadToken } from './token-file.js'

let bench: Bench
let time = 0
beforeEach(async () => {
  time = Date.now()
  bench = await createBench({ agent: wordsAgent, now: () => time, allowedHosts: ['box.example:8443'] })
})
afterEach(() => bench.dispose())

const authorization = `Bearer ${token}`
const own = () => new URL(bench.server.url).host

describe('a token', () => {
  test.each([
    ['no token', undefined],
    ['a wrong token', 'Bearer not-the-token-not-the-token'],
    ['a part of the token', `Bearer ${token.slice(0, -1)}`],
    ['more than the token', `Bearer ${token}x`],
    ['an empty token', 'Bearer '],
    ['another scheme', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`],
  ])('is needed: %s gets 401 on every route but the probes', async (_, header) => {
    const headers = { host: own(), ...(header === undefined ? {} : { authorization: header }) }
    for (const path of ['/', '/v1/sessions', '/v1/sessions/ses_x/events', '/openapi.json', '/v1/models', '/nothing']) {
      const answer = await rawCall(bench.server.url + path, headers)
      expect(answer, path).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } })
      expect(answer.headers.get('www-authenticate')).toMatch('Bearer')
    }
    for (const path of ['/healthz', '/readyz']) {
      expect(await rawCall(bench.server.url + path, headers)).toMatchObject({ status: 200, body: { ok: true } })
    }
  })

  test('lets a program in, whatever the case of the scheme', async () => {
    for (const header of [authorization, `bearer ${token}`]) {
      expect((await rawCall(`${bench.server.url}/v1/sessions`, { host: own(), authorization: header })).status).toBe(
        200,
      )
    }
  })

  test('that is wrong too often gets 429 with a time, until the window is over; the right one always passes', async () => {
    const guess = () => rawCall(`${bench.server.url}/v1/sessions`, { authorization: 'Bearer wrong-token-wrong-token' })
    for (let index = 0; index < failuresMax; index += 1) expect((await guess()).status).toBe(401)
    const limited = await guess()
    expect(limited).toMatchObject({ status: 429, body: { error: { code: 'too_many_failures' } } })
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await rawCall(`${bench.server.url}/v1/sessions`, { authorization })).status).toBe(200)
    time += failureWindowMs
    expect((await guess()).status).toBe(401)
  })
})

describe('a login link', () => {
  const open = async (url = bench.server.loginUrl()) => {
    const answer = await rawCall(url, {})
    const cookie = answer.headers.get('set-cookie') ?? ''
    return { answer, cookie, pass: cookie.split(';')[0] ?? '' }
  }

  test('opens a browser once, with a cookie that scripts cannot read and other sites cannot send', async () => {
    const link = bench.server.loginUrl()
    const { answer, cookie, pass } = await open(link)
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
    expect(cookie).not.toMatch(token)
    expect((await rawCall(`${bench.server.url}/v1/sessions`, { cookie: pass })).status).toBe(200)
    expect((await open(link)).answer).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } })
  })

  test.each(['', 'wrong', '%00'])('with the code "%s" opens nothing', async (code) => {
    expect((await open(`${bench.server.url}/login?code=${code}`)).answer.status).toBe(401)
    expect((await open(`${bench.server.url}/login`)).answer.status).toBe(401)
  })

  test('is refused when it is too old, and so is its pass', async () => {
    const link = bench.server.loginUrl()
    const { pass } = await open()
    time += loginCodeMs
    expect((await open(link)).answer.status).toBe(401)
    time += passMs - loginCodeMs
    expect((await rawCall(`${bench.server.url}/v1/sessions`, { cookie: pass })).status).toBe(401)
  })

  test('gives a pass that cannot be forged, prolonged, or used with another token', async () => {
    const { pass } = await open()
    const [expires = '', signature = ''] = pass.slice(cookieName.length + 1).split('.')
    const forged = [
      `${Number(expires) + 1}.${signature}`,
      `${expires}.`,
      `${expires}.x`,
      '',
      '.',
      `1e99.${signature}`,
      token,
    ]
    for (const value of forged) {
      const answer = await rawCall(`${bench.server.url}/v1/sessions`, { cookie: `${cookieName}=${value}` })
      expect(answer.status, value).toBe(401)
    }
    const other = await createBench({ agent: wordsAgent, token: 'another-token-another-token' })
    expect((await rawCall(`${other.server.url}/v1/sessions`, { cookie: pass })).status).toBe(401)
    await other.dispose()
  })

  test('changes something only from a page of our own', async () => {
    const { pass } = await open()
    const post = (headers: Record<string, string>) =>
      rawCall(
        `${bench.server.url}/v1/sessions`,
        { cookie: pass, 'content-type': 'application/json', ...headers },
        'POST',
      )
    expect(await post({})).toMatchObject({ status: 403, body: { error: { code: 'foreign_origin' } } })
    expect((await post({ origin: 'http://127.0.0.1:1' })).status).toBe(403)
    expect((await post({ origin: bench.server.url })).status).toBe(201)
  })
})

describe('a Host or Origin', () => {
  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    'box.example',
    '[::2]:80',
  ])('that is not our own is refused before the token is looked at: Host %s', async (host) => {
    for (const path of ['/v1/sessions', '/healthz', '/login?code=x']) {
      const answer = await rawCall(bench.server.url + path, { host, authorization })
      expect(answer, path).toMatchObject({ status: 403, body: { error: { code: 'foreign_origin' } } })
    }
  })

  test.each([
    'null',
    'http://evil.example',
    'https://127.0.0.1',
    'http://127.0.0.1:1',
    'file://',
    'http://box.example',
  ])('that is not our own is refused: Origin %s', async (origin) => {
    const answer = await rawCall(`${bench.server.url}/v1/sessions`, { origin, authorization })
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'foreign_origin' } } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('of ours passes under each of its names, and under one that the user vouches for', async () => {
    const { port } = new URL(bench.server.url)
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      'box.example:8443',
    ]) {
      const answer = await rawCall(`${bench.server.url}/v1/sessions`, { host, authorization, origin: `http://${host}` })
      expect(answer.status, host).toBe(200)
    }
    const proxied = { host: 'box.example:8443', origin: 'https://box.example:8443', authorization }
    expect((await rawCall(`${bench.server.url}/v1/sessions`, proxied)).status).toBe(200)
  })

  test('preflights are not answered with permissions', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const answer = await rawCall(`${bench.server.url}/v1/sessions`, headers, 'OPTIONS')
    expect(answer.status).toBe(403)
    expect([...answer.headers.keys()].some((name) => name.startsWith('access-control'))).toBe(false)
  })
})

describe('the port', () => {
  test('that is taken is told as such, and nothing is left running', async () => {
    const holder = createNetServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const address = holder.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const failing = await createBench({ agent: wordsAgent })
    await failing.server.close()
    await expect(failing.server.listen({ host: '127.0.0.1', port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken`,
    )
    holder.close()
    await failing.dispose()
  })

  test('on an address that is not ours is told as such', async () => {
    const failing = await createBench({ agent: wordsAgent })
    await failing.server.close()
    await expect(failing.server.listen({ host: '203.0.113.7', port: 0 })).rejects.toThrow(
      'not an address of this machine',
    )
    await failing.dispose()
  })
})

describe('the token file', () => {
  let dataDir = ''
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'aurora-token-'))
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  test('is made once, for its owner alone, and kept', async () => {
    const inside = join(dataDir, 'new')
    const tokens = await Promise.all(Array.from({ length: 8 }, () => loadToken({ dataDir: inside })))
    expect(new Set(tokens.map((loaded) => loaded.token)).size).toBe(1)
    const [first] = tokens
    expect(first?.token.length).toBeGreaterThanOrEqual(43)
    expect((await stat(first?.file ?? '')).mode & 0o777).toBe(0o600)
    expect((await stat(inside)).mode & 0o777).toBe(0o700)
    expect((await readFile(first?.file ?? '', 'utf8')).trim()).toBe(first?.token)
  })

  test('that others could read is closed to them', async () => {
    const { file = '' } = await loadToken({ dataDir })
    await chmod(file, 0o644)
    await loadToken({ dataDir })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('gives way to a token from the environment, and is not made then', async () => {
    expect(await loadToken({ dataDir, given: 'from-the-environment' })).toEqual({ token: 'from-the-environment' })
    await expect(stat(join(dataDir, 'token'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await loadToken({ dataDir, given: '' })).file).toBe(join(dataDir, 'token'))
  })

  test.each(['short', 'with a blank in it, long enough', 'ünïcödé-but-long-enough', 'line\nbreak-long-enough'])(
    'and a token that cannot serve are refused: %j',
    async (given) => {
      await expect(loadToken({ dataDir, given })).rejects.toThrow(
        /at least 16 visible ASCII characters in AURORACODER_TOKEN/,
      )
    },
  )

  test('that was emptied is refused by its name', async () => {
    await writeFile(join(dataDir, 'token'), '\n')
    await expect(loadToken({ dataDir })).rejects.toThrow(join(dataDir, 'token'))
  })
})
