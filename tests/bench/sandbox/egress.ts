import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { pretendConnect, publicAddress, startUpstream } from '../../../sandbox/src/network/upstream.fixture.js'
import type { World } from '../benchmark.js'
import { type Timing, timingOf } from '../speed/sample.js'
import { openArena, openSandbox } from './arena.js'

export interface Carried {
  /** Bytes a second of one large answer. */
  speed: { broker: number; direct: number }
  /** Milliseconds of one small request, as curl counts them. */
  request: { broker: Timing; direct: Timing }
}

export interface EgressOptions {
  mebibytes: number
  requests: number
}

/** Fetches from a server of this machine: inside through the broker, which takes it for a public one, and outside. */
export async function measureEgress(world: World, { mebibytes, requests }: EgressOptions): Promise<Carried> {
  const large = Buffer.alloc(mebibytes * 1024 * 1024, 7)
  const upstream = await startUpstream(
    createServer((request, response) => response.end(request.url === '/large' ? large : 'small')),
  )
  const arena = await openArena(world, {
    network: { mode: 'allow-list', hosts: [`upstream.example:${upstream.port}`] },
    reach: { lookup: async () => [publicAddress], connect: pretendConnect() },
  })
  const { sandbox, close } = await openSandbox(arena, { name: 'egress', driver: 'docker' })
  const broker = async (what: string, path: string): Promise<number> => {
    const url = `http://upstream.example:${upstream.port}/${path}`
    return Number((await sandbox.exec({ command: ['curl', ...options(what), url] })).stdout)
  }
  const direct = async (what: string, path: string): Promise<number> => {
    const url = `http://127.0.0.1:${upstream.port}/${path}`
    return Number((await promisify(execFile)('curl', [...options(what), url])).stdout)
  }
  const times: Record<'broker' | 'direct', number[]> = { broker: [], direct: [] }
  try {
    for (let request = 0; request <= requests; request += 1) {
      const pair = [await broker('time_total', 'small'), await direct('time_total', 'small')] as const
      // The first waits for the proxy to come up.
      if (request === 0) continue
      times.broker.push(1_000 * pair[0])
      times.direct.push(1_000 * pair[1])
    }
    return {
      speed: { broker: await broker('speed_download', 'large'), direct: await direct('speed_download', 'large') },
      request: { broker: timingOf(times.broker), direct: timingOf(times.direct) },
    }
  } finally {
    await close()
    await upstream.stop()
  }
}

function options(what: string): string[] {
  return ['-sS', '--fail', '--retry', '20', '--retry-connrefused', '-o', '/dev/null', '-w', `%{${what}}`]
}
