import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import type { ToolCall } from './servers.js'

const messageSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string()]).nullish(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.int(), message: z.string() }).optional(),
})

export type Message = z.infer<typeof messageSchema>

export interface Ended {
  code: number | null
  signal: string | null
}

/** A server as a child process, spoken to by hand: one line is one message. */
export interface StdioServer {
  readonly child: ChildProcessWithoutNullStreams
  /** Its root: a folder that goes with the test. */
  readonly folder: string
  /** Everything that came on stdout, line by line, parsed or not. */
  readonly lines: readonly string[]
  readonly exited: Promise<Ended>
  send(message: object): void
  /** Settles with the first message for which `matches` holds, past or future. */
  message(matches: (message: Message) => boolean): Promise<Message>
  /** Settles with the answer to a request, whose id is made here. */
  request(method: string, params?: object): Promise<Message>
  /** Sends a call and answers its id, without waiting for the answer. */
  startCall(call: ToolCall, meta?: object): number
  /** Opens with a 2025 revision, as today's hosts do. */
  initialize(): Promise<Message>
  /** Settles when stderr holds the text. */
  stderr(text: string): Promise<void>
}

export interface StdioServerOptions {
  bin: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}

/** Starts a server; what is left of it is ended with the test. */
export async function startStdioServer({ bin, args = [], env }: StdioServerOptions): Promise<StdioServer> {
  const folder = await mkdtemp(join(tmpdir(), 'auroracoder-stdio-'))
  const flags = ['--root', folder, '--state', join(folder, 'state')]
  const child = spawn(process.execPath, [bin, ...flags, ...args], {
    env: env ?? { PATH: process.env.PATH, HOME: folder },
    stdio: 'pipe',
  })
  const exited = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true })
  })
  return { child, folder, exited, ...createSpeaker(child) }
}

type Speaker = Omit<StdioServer, 'child' | 'folder' | 'exited'>

export interface SpeakerStreams {
  stdin: Writable
  stdout: Readable
  stderr: Readable
}

/** Speaks the protocol over the streams of a server. */
export function createSpeaker(child: SpeakerStreams): Speaker {
  const lines: string[] = []
  const messages: Message[] = []
  const output = createInterface(child.stdout)
  output.on('line', (line) => {
    lines.push(line)
    const parsed = messageSchema.safeParse(jsonOrNothing(line)).data
    if (parsed) messages.push(parsed)
  })
  const ended = new AbortController()
  output.once('close', () => ended.abort(new Error('The server closed its stdout.')))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // A test that ends the server by hand may still have something to write.
  child.stdin.on('error', () => {})
  let lastId = 0

  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const message: Speaker['message'] = async (matches) => {
    for (;;) {
      const found = messages.find(matches)
      if (found) return found
      await once(output, 'line', { signal: ended.signal })
    }
  }
  const request: Speaker['request'] = (method, params = {}) => {
    lastId += 1
    const id = lastId
    send({ id, method, params })
    return message((candidate) => candidate.id === id && candidate.method === undefined)
  }
  return {
    lines,
    send,
    message,
    request,
    startCall(call, _meta = {}) {
      lastId += 1
      send({ id: lastId, method: 'tools/call', params: { ...call, _meta } })
      return lastId
    },
    async initialize() {
      const clientInfo = { name: 'test', version: '1' }
      const answer = await request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo })
      send({ method: 'notifications/initialized' })
      return answer
    },
    async stderr(text) {
      while (!said.includes(text)) await once(child.stderr, 'data')
    },
  }
}

function jsonOrNothing(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
