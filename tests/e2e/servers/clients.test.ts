import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { type Connection, connectHttp, connectStdio, connectStream } from '@auroracoder/kit/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startHttpServer } from './http-server.js'
import { type ServerUnderTest, servers, type ToolCall } from './servers.js'

/** What every client must be able to do with every server. */
interface ConnectedClient {
  toolNames(): Promise<readonly string[]>
  call(call: ToolCall): Promise<{ isError: boolean; text: string }>
}

type Connect = (server: ServerUnderTest) => Promise<ConnectedClient>

const clientInfo = { name: 'test', version: '1' }

const clients: readonly [name: string, connect: Connect][] = [
  [
    'a client of the 2025 revisions over stdio',
    async (server) => legacy(new StdioClientTransport(await command(server))),
  ],
  [
    'a client of the 2025 revisions over HTTP',
    async (server) => legacy(new StreamableHTTPClientTransport(await serve(server))),
  ],
  ...(['2026-07-28', 'auto'] as const).flatMap((revision): [string, Connect][] => {
    const options = { clientInfo, revision }
    return [
      [
        `our client over stdio (${revision})`,
        async (server) => modern(await connectStdio(await command(server), options)),
      ],
      [
        `our client over HTTP (${revision})`,
        async (server) => modern(await connectHttp({ url: (await serve(server)).href }, options)),
      ],
      [
        `our client over a byte stream (${revision})`,
        async (server) => modern(await connectStream(await streamTo(server), options)),
      ],
    ]
  }),
]

describe.each(servers)('the $name server', (server) => {
  it.for(clients)('serves %s', async ([, connect]) => {
    const client = await connect(server)
    expect(await client.toolNames()).toContain(server.quick.name)
    const answer = await client.call(server.quick)
    expect(answer).toEqual({ isError: false, text: expect.stringMatching(/\S/) })
    const wrong = await client.call({ ...server.quick, name: 'no_such_tool' })
    expect(wrong).toEqual({ isError: true, text: expect.stringContaining(server.quick.name) })
    // A failed call changes nothing for the next.
    expect((await client.call(server.quick)).isError).toBe(false)
  })
})

async function legacy(transport: Parameters<Client['connect']>[0]): Promise<ConnectedClient> {
  const client = new Client(clientInfo)
  await client.connect(transport)
  onTestFinished(() => client.close())
  return {
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(call) {
      const { isError, content } = await client.callTool(call)
      if (!Array.isArray(content)) throw new Error('The answer has no content.')
      return { isError: isError === true, text: content.map(({ text }) => text).join('\n') }
    },
  }
}

function modern(connection: Connection): ConnectedClient {
  onTestFinished(() => connection.close())
  return {
    toolNames: async () => (await connection.listTools()).map(({ name }) => name),
    async call({ name, arguments: args }) {
      const { ok, text } = await connection.callTool({ name, args, signal: new AbortController().signal })
      return { isError: !ok, text }
    },
  }
}

async function command({ bin }: ServerUnderTest) {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-clients-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return { command: process.execPath, args: [bin, '--root', folder, '--state', join(folder, 'state')] }
}

async function serve({ bin }: ServerUnderTest): Promise<URL> {
  const http = await startHttpServer({ bin })
  onTestFinished(http.stop)
  return http.url
}

async function streamTo(server: ServerUnderTest): Promise<Duplex> {
  const { command: file, args } = await command(server)
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return Duplex.from({ readable: child.stdout, writable: child.stdin })
}
