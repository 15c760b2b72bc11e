import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import Docker from 'dockerode'

export interface FakeEngine {
  docker: Docker
  /** The query of the request to build, and the archive that came with it. */
  received: { query: URLSearchParams; archive: Buffer }[]
  close(): Promise<void>
}

/** Answers a request to build an image as it is told. */
export async function startEngine(answer: (response: ServerResponse) => void): Promise<FakeEngine> {
  const received: FakeEngine['received'] = []
  const server = createServer(async (request, response) => {
    const { searchParams: query } = new URL(request.url ?? '', 'http://engine')
    received.push({ query, archive: await buffer(request) })
    answer(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    docker: new Docker({ protocol: 'http', host: '127.0.0.1', port: portOf(server.address()) }),
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The engine has no port.')
  return address.port
}
