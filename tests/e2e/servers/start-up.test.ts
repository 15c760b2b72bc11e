import { describe, expect, it } from 'vitest'
import { servers } from './servers.js'
import { startStdioServer } from './stdio-server.js'

const initializeMsMax = 400
const startsMeasured = 7

describe.each(servers)('the $name server, started by a host', ({ name, bin, quick }) => {
  // Other tests run beside this one, so a slow moment of the machine gets a second chance.
  it(`answers initialize within ${initializeMsMax} ms of its start`, { retry: 2, timeout: 30_000 }, async () => {
    const times: number[] = []
    for (let start = 0; start < startsMeasured; start += 1) {
      const begin = performance.now()
      const server = await startStdioServer({ bin })
      await server.initialize()
      times.push(performance.now() - begin)
      server.child.stdin.end()
      await server.exited
    }
    const median = times.toSorted((a, b) => a - b)[Math.floor(startsMeasured / 2)] ?? Number.NaN
    console.log(`${name}: initialize is answered ${median.toFixed(0)} ms after spawn (median of ${startsMeasured})`)
    expect(median).toBeLessThanOrEqual(initializeMsMax)
  })

  it('needs no HOME and no more than a dozen variables', async () => {
    const names = [
      'LANG',
      'TERM',
      'USER',
      'LOGNAME',
      'SHELL',
      'PWD',
      'SHLVL',
      'EDITOR',
      'PAGER',
      'COLORTERM',
      'DISPLAY',
    ]
    const env = { PATH: process.env.PATH ?? '', ...Object.fromEntries(names.map((each) => [each, 'x'])) }
    expect(Object.keys(env)).toHaveLength(12)
    const server = await startStdioServer({ bin, env })
    await server.initialize()
    const { result } = await server.request('tools/call', quick)
    expect(result).toMatchObject({ content: expect.any(Array) })
    expect(result?.isError).not.toBe(true)
  })
})
