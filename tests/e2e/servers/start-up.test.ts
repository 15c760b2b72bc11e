import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { servers } from './servers.js'
import { startStdioServer } from './stdio-server.js'

const initializeMsMax = 400
const startsMeasured = 7
/** The limit is meant for a machine on which Node itself starts in 50 ms; on a slower one, so many starts of Node. */
const nodeStartsMax = 6

describe.each(servers)('the $name server, started by a host', ({ name, bin, quick }) => {
  // Other tests run beside this one, so a slow moment of the machine gets a second chance.
  it(`answers initialize within ${initializeMsMax} ms of its start`, { retry: 2, timeout: 30_000 }, async () => {
    const times: number[] = []
    const nodeTimes: number[] = []
    for (let start = 0; start < startsMeasured; start += 1) {
      nodeTimes.push(startNode())
      const begin = performance.now()
      const server = await startStdioServer({ bin })
      await server.initialize()
      times.push(performance.now() - begin)
      server.child.stdin.end()
      await server.exited
    }
    const [median, nodeMs] = [medianOf(times), medianOf(nodeTimes)]
    const told = `${name}: initialize is answered ${median.toFixed(0)} ms after spawn`
    console.log(`${told} (median of ${startsMeasured}), a bare node has ended after ${nodeMs.toFixed(0)} ms`)
    expect(median).toBeLessThanOrEqual(Math.max(initializeMsMax, nodeStartsMax * nodeMs))
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

/** Milliseconds from the start of a process that does nothing to its end. */
function startNode(): number {
  const begin = performance.now()
  execFileSync(process.execPath, ['--eval', ''])
  return performance.now() - begin
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
