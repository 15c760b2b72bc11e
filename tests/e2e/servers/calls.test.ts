import { describe, expect, it } from 'vitest'
import { servers, serversWithSlowCall } from './servers.js'
import { startStdioServer } from './stdio-server.js'

/** Some hosts give a call up after a minute without a sign of life. */
const heartbeatMsMax = 10_000

describe.each(serversWithSlowCall)('a long call of the $name server', ({ bin, quick, slow }) => {
  it('shows every ten seconds that it goes on', { timeout: 30_000 }, async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.startCall(slow, { progressToken: 'p1' })
    const begin = performance.now()
    const { params } = await server.message(
      ({ method, params }) => method === 'notifications/progress' && /still running/.test(String(params?.message)),
    )
    expect(performance.now() - begin).toBeLessThan(heartbeatMsMax)
    expect(params).toMatchObject({ progressToken: 'p1', progress: expect.any(Number) })
  })

  it('is not answered once the client has cancelled it, and leaves the server usable', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const requestId = server.startCall(slow)
    server.send({ method: 'notifications/cancelled', params: { requestId, reason: 'enough' } })
    expect((await server.request('tools/call', quick)).result?.isError).not.toBe(true)
    server.child.stdin.end()
    expect((await server.exited).code).toBe(0)
    expect(server.lines.filter((line) => JSON.parse(line).id === requestId)).toEqual([])
  })

  it('does not hold up the next one', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    server.startCall(slow)
    expect((await server.request('tools/call', quick)).result?.isError).not.toBe(true)
  })
})

describe.each(servers)('a call of the $name server', ({ bin, quick, invalid }) => {
  it('that is over cannot be cancelled any more, nor one that never was', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const { id } = await server.request('tools/call', quick)
    for (const requestId of [id, 4_711, 'x', null]) {
      server.send({ method: 'notifications/cancelled', params: { requestId } })
    }
    expect((await server.request('tools/call', quick)).result?.isError).not.toBe(true)
    for (const line of server.lines) expect(JSON.parse(line)).not.toHaveProperty('error')
  })

  it('sends no progress to a client that did not ask for it', async () => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    await server.request('tools/call', quick)
    for (const line of server.lines) expect(JSON.parse(line)).not.toHaveProperty('method')
  })

  it.each([
    ['an unknown tool', { name: 'no_such_tool', arguments: {} }, quick.name],
    ['arguments of the wrong type', invalid, `A correct call: ${invalid.name}`],
  ])('with %s is answered with what to do next, not with a protocol error', async (_, call, hint) => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const { result, error } = await server.request('tools/call', call)
    expect(error).toBeUndefined()
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: expect.stringContaining(hint) }] })
  })

  it.each([
    ['no name', { arguments: {} }],
    ['a name that is no string', { name: 5, arguments: {} }],
    ['arguments that are no object', { name: quick.name, arguments: [] }],
  ])('with %s is refused', async (_, call) => {
    const server = await startStdioServer({ bin })
    await server.initialize()
    const { result, error } = await server.request('tools/call', call)
    expect(error ?? result).toSatisfy((answer) => 'code' in answer || answer.isError === true)
    expect((await server.request('tools/call', quick)).result?.isError).not.toBe(true)
  })
})

describe('the kit', () => {
  const [echo] = servers
  if (!echo) throw new Error('The fixture is gone.')

  it('aborts the work of a cancelled call', async () => {
    const server = await startStdioServer({ bin: echo.bin })
    await server.initialize()
    const requestId = server.startCall({ name: 'wait', arguments: { ms: 600_000 } }, { progressToken: 'p' })
    await server.message(({ method }) => method === 'notifications/progress')
    server.send({ method: 'notifications/cancelled', params: { requestId } })
    await server.stderr('the wait was aborted')
  })

  it('says nothing to the model about a defect but where its log is', async () => {
    const server = await startStdioServer({ bin: echo.bin })
    await server.initialize()
    const { result } = await server.request('tools/call', { name: 'fail', arguments: { how: 'defect' } })
    expect(JSON.stringify(result)).not.toContain('secret detail')
    const reference = /log reference ([0-9a-f]{8})/.exec(JSON.stringify(result))?.[1]
    await server.stderr(`"reference":"${reference}"`)
    await server.stderr('secret detail')
  })

  it('cuts an answer to what the client was measured to show, or to --max-output', async () => {
    const call = { name: 'echo', arguments: { text: '0123456789', times: 10_000 } }
    for (const [args, charsMax] of [
      [[], 10_000],
      [['--max-output', '700'], 700],
      [['--max-output', '200000'], 100_000],
    ] as const) {
      const server = await startStdioServer({ bin: echo.bin, args })
      await server.initialize()
      const { result } = await server.request('tools/call', call)
      const [block] = Array.isArray(result?.content) ? result.content : []
      expect(block.text.length).toBeLessThanOrEqual(charsMax)
      expect(block.text.length).toBeGreaterThan(charsMax * 0.9)
    }
  })
})
