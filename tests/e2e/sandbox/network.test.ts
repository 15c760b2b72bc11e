import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  pretendConnect,
  publicAddress,
  startUpstream,
  type Upstream,
} from '../../../sandbox/src/network/upstream.fixture.js'
import { missingSandbox, openWorld, type World } from './world.js'

const missing = await missingSandbox()

test('the network of a sandbox can be tested here', (context) => {
  if (missing) context.skip(missing)
  expect(missing).toBeUndefined()
})

describe.skipIf(missing)('a sandbox with a list of hosts', { timeout: 60_000 }, () => {
  let world: World
  let registry: Upstream
  let isMoved = false
  const addresses: Record<string, () => string[]> = {
    'registry.example': () => [publicAddress],
    'lan.example': () => ['192.168.1.1', '10.0.0.1'],
    'metadata.example': () => ['169.254.169.254'],
    'moving.example': () => (isMoved ? ['127.0.0.1'] : [publicAddress]),
  }

  beforeAll(async () => {
    registry = await startUpstream(answering('the registry'))
    const port = registry.port
    const hosts = [...Object.keys(addresses), 'nowhere.example'].map((host) => `${host}:${port}`)
    world = await openWorld({
      docker: {
        network: { mode: 'allow-list', hosts },
        reach: { lookup: async (host) => addresses[host]?.() ?? [], connect: pretendConnect() },
      },
    })
  }, 60_000)
  afterAll(async () => {
    await world.close()
    await registry.stop()
  })

  const output = async (command: string): Promise<string> => (await world.command(command)).text

  test('programs reach what is on it, through either proxy', async () => {
    const url = `http://registry.example:${registry.port}/`
    expect(await output(`curl -sS ${url}`)).toContain('the registry')
    expect(await output(`curl -sS -p ${url}`)).toContain('the registry')
    expect(await output(`curl -sS -x "$ALL_PROXY" ${url}`)).toContain('the registry')
    expect(await output(`python3 -c "import urllib.request as r; print(r.urlopen('${url}').read())"`)).toContain(
      'the registry',
    )
  })

  test('what is not on it is refused, and the model is told why', async () => {
    expect(await output(`curl -sS http://evil.example/`)).toMatch(/\[sandbox\].*evil\.example:80/)
    expect(await output(`curl -sS -x "$ALL_PROXY" http://registry.example:22/`)).toMatch(
      /\[sandbox\].*registry\.example:22/,
    )
    expect(await output('true')).not.toContain('[sandbox]')
  })

  test('a name that leads to a private address is refused, whatever the list says', async () => {
    for (const host of ['lan.example', 'metadata.example']) {
      expect(await output(`curl -sS http://${host}:${registry.port}/`)).toMatch(/\[sandbox\].*not.*public/)
    }
    expect(await output(`curl -sS http://127.0.0.1.nip.io:${registry.port}/`)).toMatch(/\[sandbox\]/)
    expect(await output(`curl -sS -x "$HTTP_PROXY" --noproxy "" http://127.0.0.1:${registry.port}/`)).toMatch(
      /\[sandbox\]/,
    )
    expect(await output(`curl -sS -x "$HTTP_PROXY" http://169.254.169.254/latest/`)).toMatch(/\[sandbox\]/)
  })

  test('a name that moves to this machine after it was checked is refused', async () => {
    const url = `http://moving.example:${registry.port}/`
    expect(await output(`curl -sS ${url}`)).toContain('the registry')
    isMoved = true
    expect(await output(`curl -sS ${url}`)).toMatch(/\[sandbox\].*not.*public/)
  })

  test('around the proxies there is nothing', async () => {
    expect(await output(`curl -sS -m 3 --noproxy '*' http://${publicAddress}:${registry.port}/`)).toMatch(
      /Failed to connect|unreachable|Couldn't connect/,
    )
    expect(await output(`python3 -c "import socket; socket.create_connection(('${publicAddress}', 80), 3)"`)).toContain(
      'unreachable',
    )
  })

  test('the proxy is there again after everything was killed', async () => {
    await world.command('kill -9 -1')
    const url = `http://registry.example:${registry.port}/`
    expect(await output(`curl -sS --retry 5 --retry-connrefused --retry-delay 1 ${url}`)).toContain('the registry')
  })

  test('a server inside is reached at an address of the host, and one that is not there closes', async () => {
    const serve = `python3 -m http.server 8123 --bind 127.0.0.1`
    await world.command('echo served from inside > index.html')
    await world.command(serve, { background: true })
    const { host, port } = await world.sandbox.port(8123)
    expect(host).toBe('127.0.0.1')
    const answer = () => fetch(`http://${host}:${port}/index.html`).then((response) => response.text())
    await expect.poll(() => answer().catch(String), { timeout: 15_000 }).toBe('served from inside\n')
    expect(await Promise.all(Array.from({ length: 20 }, answer))).toEqual(Array(20).fill('served from inside\n'))
    const closed = await world.sandbox.port(8124)
    await expect(fetch(`http://${closed.host}:${closed.port}/`)).rejects.toThrow()
    expect(await world.sandbox.port(8123)).toEqual({ host, port })
  })
})

function answering(text: string): Server {
  return createServer((_, response) => response.end(text))
}
