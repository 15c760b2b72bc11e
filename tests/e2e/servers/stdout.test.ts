import { describe, expect, it } from 'vitest'
import { servers } from './servers.js'
import { startStdioServer } from './stdio-server.js'

describe.each(servers)('stdout of the $name server', ({ bin, quick, printing }) => {
  it('carries one protocol message a line and nothing else', async () => {
    const server = await startStdioServer({ bin, args: ['--log-level', 'debug'] })
    await server.initialize()
    for (const method of ['ping', 'tools/list', 'prompts/list', 'resources/list', 'does/not-exist']) {
      await server.request(method)
    }
    await server.request('tools/call', quick)
    await server.request('tools/call', { name: 'no_such_tool', arguments: {} })
    if (printing) await server.request('tools/call', printing)
    server.child.stdin.end()
    await server.exited
    expect(server.lines.length).toBeGreaterThanOrEqual(8)
    for (const line of server.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
  })

  it('stays so when the client sends what is not the protocol', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    for (const garbage of [
      '',
      'hello',
      '{',
      '[]',
      'null',
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '\u0000',
      '"x"',
    ]) {
      server.child.stdin.write(`${garbage}\n`)
    }
    const { result } = await server.request('tools/call', quick)
    expect(result?.isError).not.toBe(true)
    for (const line of server.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
  })

  it('takes a message in pieces and several in one piece', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const ping = (id: string) =>
      `${JSON.stringify({ jsonrpc: '2.0', id, method: 'ping', params: { note: 'äöü 漢字' } })}\n`
    for (const byte of Buffer.from(ping('slow'))) server.child.stdin.write(Buffer.from([byte]))
    server.child.stdin.write(ping('first') + ping('second').replace('\n', '\r\n'))
    for (const id of ['slow', 'first', 'second']) {
      expect(await server.message((message) => message.id === id)).toMatchObject({ result: {} })
    }
  })
})

describe('a tool that prints', () => {
  it('is heard on stderr', async () => {
    const [echo] = servers
    if (!echo?.printing) throw new Error('The fixture has no tool that prints.')
    const server = await startStdioServer({ bin: echo.bin })
    await server.initialize()
    const { result } = await server.request('tools/call', echo.printing)
    expect(result).toMatchObject({ isError: true })
    await server.stderr('this must not reach the protocol\nnor this\n')
  })
})
