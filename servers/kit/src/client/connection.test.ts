import { once } from 'node:events'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { messageBytesMax } from '../wire/message.js'
import { questionsPerCallMax } from './elicitation.js'
import { type Connection, connectStream, type Question } from './index.js'

interface Request {
  id?: number
  method: string
  params?: Record<string, unknown>
}

/** A peer that answers by hand: with a result, with nothing, or as an ordinary server does. */
type Answer = (request: Request, peer: Socket) => object | 'nothing' | 'as usual'

const tool = { name: 'act', inputSchema: { type: 'object' } }

const asUsual: Answer = () => 'as usual'

/** A server of the 2025 revisions with one tool. */
function ordinary({ method }: Request): object | undefined {
  if (method === 'initialize') {
    const serverInfo = { name: 'peer', version: '1' }
    return { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo, instructions: 'Be kind.' }
  }
  if (method === 'tools/list') return { tools: [tool] }
  if (method === 'tools/call') return { content: [{ type: 'text', text: 'done' }] }
  return undefined
}

let open: Socket[] = []
afterEach(() => {
  for (const stream of open) stream.destroy()
  open = []
})

async function startPeer(answer: Answer): Promise<Socket> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The peer has no port.')
  const stream = connectSocket(address.port, address.address)
  const [peer]: Socket[] = await once(server, 'connection')
  if (!peer) throw new Error('Nobody connected.')
  server.close()
  open.push(stream, peer)
  let text = ''
  peer.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const request: Request = JSON.parse(line)
      const told = answer(request, peer)
      if (told === 'nothing' || request.id === undefined) continue
      const result = told === 'as usual' ? ordinary(request) : told
      const error = { code: -32_601, message: 'unknown method' }
      send(peer, { id: request.id, ...(result ? { result } : { error }) })
    }
  })
  peer.on('error', () => {})
  return stream
}

function send(peer: Socket, message: object): void {
  peer.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

const clientInfo = { name: 'test', version: '1' }

async function connect(answer: Answer = asUsual, offersElicitation = false): Promise<Connection> {
  return connectStream(await startPeer(answer), { clientInfo, revision: 'auto', timeoutMs: 5_000, offersElicitation })
}

const call = { name: 'act', args: {}, signal: new AbortController().signal }

/** What happens once the tool is called; everything before goes as usual. */
function onCall(act: (request: Request, peer: Socket) => object | 'nothing' | 'as usual'): Answer {
  return (request, peer) => (request.method === 'tools/call' ? act(request, peer) : 'as usual')
}

describe('a connection over a byte stream', () => {
  it('lists tools and calls them', async () => {
    const connection = await connect()
    expect(connection).toMatchObject({ serverName: 'peer', instructions: 'Be kind.' })
    expect(await connection.listTools()).toEqual([
      { name: 'act', description: '', inputSchema: tool.inputSchema, annotations: {}, meta: {} },
    ])
    expect(await connection.callTool(call)).toEqual({ ok: true, text: 'done', images: [], meta: {} })
  })

  it('skips lines that are no messages', async () => {
    const connection = await connect((_, peer) => {
      peer.write('Server starting…\n\n{"jsonrpc":"2.0"\n[1,2]\n{"jsonrpc":"1.0","id":1,"result":{}}\nnull\n')
      return 'as usual'
    })
    expect((await connection.callTool(call)).text).toBe('done')
  })

  it('ignores answers to what it never asked', async () => {
    const connection = await connect((_, peer) => {
      send(peer, { id: 4_711, result: { content: [] } })
      send(peer, { id: 'x', error: { code: 1, message: 'x' } })
      return 'as usual'
    })
    expect((await connection.callTool(call)).text).toBe('done')
  })

  it('reads a message in single bytes', async () => {
    const answer = onCall(({ id }, peer) => {
      const result = { content: [text('über 漢字 😀')] }
      for (const byte of Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)) peer.write(Buffer.of(byte))
      return 'nothing'
    })
    expect((await (await connect(answer)).callTool(call)).text).toBe('über 漢字 😀')
  })

  it('is closed by a line that is too long, and open calls fail', async () => {
    const chunk = 'x'.repeat(1024 * 1024)
    const answer = onCall((_, peer) => {
      for (let sent = 0; sent <= messageBytesMax; sent += chunk.length) peer.write(chunk)
      return 'nothing'
    })
    const connection = await connect(answer)
    await expect(connection.callTool(call)).rejects.toThrow(/closed/i)
    await connection.closed
  })

  it.each([
    ['ends', (peer: Socket) => void peer.end()],
    ['is gone', (peer: Socket) => void peer.destroy()],
    ['breaks off', (peer: Socket) => void peer.resetAndDestroy()],
  ])('fails an open call when the peer %s', async (_, leave) => {
    const answer = onCall((_request, peer) => {
      leave(peer)
      return 'nothing'
    })
    const connection = await connect(answer)
    await expect(connection.callTool(call)).rejects.toThrow()
    await connection.closed
    await expect(connection.callTool(call)).rejects.toThrow()
  })
})

describe('connecting', () => {
  it('fails when the peer ends before it has answered', async () => {
    const leaving: Answer = (_, peer) => {
      peer.end()
      return 'nothing'
    }
    await expect(connect(leaving)).rejects.toThrow()
  })

  it('fails when the peer does not speak the revision that is asked for', async () => {
    const stream = await startPeer(asUsual)
    await expect(connectStream(stream, { clientInfo, revision: '2026-07-28', timeoutMs: 5_000 })).rejects.toThrow()
    expect(stream.destroyed).toBe(true)
  })

  it('gives up on a peer that says nothing', async () => {
    const stream = await startPeer(() => 'nothing')
    await expect(connectStream(stream, { clientInfo, revision: '2026-07-28', timeoutMs: 50 })).rejects.toThrow()
    expect(stream.destroyed).toBe(true)
  })
})

describe('a list of tools', () => {
  it('is whole, also when the server hands it out in pages', async () => {
    const connection = await connect(({ method, params }) => {
      if (method !== 'tools/list') return 'as usual'
      const page = params?.cursor === 'two' ? 2 : 1
      return { tools: [{ ...tool, name: `act${page}` }], ...(page === 1 ? { nextCursor: 'two' } : {}) }
    })
    expect((await connection.listTools()).map(({ name }) => name)).toEqual(['act1', 'act2'])
  })
})

describe('what a tool answers', () => {
  it.each([
    ['text in several blocks', { content: [text('a'), text('b')] }, { text: 'a\nb' }],
    ['a failure', { content: [text('no')], isError: true }, { ok: false, text: 'no' }],
    ['facts beside the text', { content: [text('a')], _meta: { x: 1 } }, { text: 'a', meta: { x: 1 } }],
    [
      'an image',
      { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] },
      { images: [{ data: 'AAAA', mimeType: 'image/png' }] },
    ],
    ['data alone', { content: [], structuredContent: { sum: 3 } }, { text: '{"sum":3}' }],
    ['data beside text', { content: [text('3')], structuredContent: { sum: 3 } }, { text: '3' }],
    ['a text resource', { content: [{ type: 'resource', resource: { uri: 'a://b', text: 'c' } }] }, { text: 'c' }],
    [
      'a binary resource',
      { content: [{ type: 'resource', resource: { uri: 'a://b', blob: 'AAAA' } }] },
      { text: '[binary resource a://b]' },
    ],
    ['a link', { content: [{ type: 'resource_link', uri: 'a://b', name: 'b' }] }, { text: '[resource a://b]' }],
    ['sound', { content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }] }, { text: '[audio, audio/wav]' }],
    ['nothing', { content: [] }, {}],
  ])('may be %s', async (_, result, expected) => {
    const connection = await connect(onCall(() => result))
    expect(await connection.callTool(call)).toEqual({ ok: true, text: '', images: [], meta: {}, ...expected })
  })

  it('must be a result', async () => {
    const connection = await connect(onCall(() => ({ content: 'text' })))
    await expect(connection.callTool(call)).rejects.toThrow()
  })
})

describe('a call', () => {
  const tokenSchema = z.object({ _meta: z.object({ progressToken: z.union([z.string(), z.number()]) }) })

  it('carries its meta, and reports progress, which keeps it alive', async () => {
    const seen: unknown[] = []
    const heard: string[] = []
    const answer = onCall(({ id, params }, peer) => {
      seen.push(params)
      const { progressToken } = tokenSchema.parse(params)._meta
      const beats = ['one', 'two', 'three']
      const timer = setInterval(() => {
        const message = beats.shift()
        if (message === undefined) {
          clearInterval(timer)
          send(peer, { id, result: { content: [text('late')] } })
        } else {
          send(peer, { method: 'notifications/progress', params: { progressToken, progress: -beats.length, message } })
        }
      }, 100)
      return 'nothing'
    })
    const connection = await connect(answer)
    const result = await connection.callTool({
      ...call,
      args: { a: 1 },
      meta: { 'auroracoder/conversation': 'c' },
      silenceMs: 300,
      onProgress: (message) => void heard.push(message),
    })
    expect(result.text).toBe('late')
    expect(heard).toEqual(['one', 'two', 'three'])
    expect(seen).toMatchObject([{ name: 'act', arguments: { a: 1 }, _meta: { 'auroracoder/conversation': 'c' } }])
  })

  it('of a server that floods keeps nobody from their work, and all comes in order', async () => {
    const count = 30_050
    const heard: string[] = []
    const answer = onCall(({ id, params }, peer) => {
      const { progressToken } = tokenSchema.parse(params)._meta
      for (let progress = 0; progress < count; progress += 1) {
        const message = `${progress}`
        send(peer, { method: 'notifications/progress', params: { progressToken, progress, message } })
      }
      send(peer, { id, result: { content: [text('done')] } })
      return 'nothing'
    })
    const connection = await connect(answer)
    const gaps: number[] = []
    let last = performance.now()
    const watch = setInterval(() => {
      gaps.push(performance.now() - last)
      last = performance.now()
    }, 1)
    // The peer is in this process, and writes for a while.
    const onProgress = (message: string): void => {
      if (heard.push(message) === 1) gaps.length = 0
    }
    await connection.callTool({ ...call, onProgress })
    clearInterval(watch)
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, progress) => `${progress}`))
    // What comes at the same moment as the result is of no use to anybody.
    expect(heard.length).toBeGreaterThan(count - 1_000)
    expect(Math.max(...gaps)).toBeLessThan(500)
  })

  it('fails after a silence, and the connection goes on', async () => {
    const connection = await connect(onCall(({ params }) => (params?.name === 'mute' ? 'nothing' : 'as usual')))
    await expect(connection.callTool({ ...call, name: 'mute', silenceMs: 50 })).rejects.toThrow(/no sign of life/)
    expect((await connection.callTool(call)).ok).toBe(true)
  })

  it('is cancelled on the other side when it is aborted here', async () => {
    const abort = new AbortController()
    const requests: Request[] = []
    let tell = (): void => {}
    const cancelled = new Promise<void>((resolve) => {
      tell = resolve
    })
    const connection = await connect((request) => {
      requests.push(request)
      if (request.method === 'notifications/cancelled') tell()
      if (request.method !== 'tools/call') return 'as usual'
      abort.abort(new Error('enough'))
      return 'nothing'
    })
    await expect(connection.callTool({ ...call, signal: abort.signal })).rejects.toThrow('enough')
    await cancelled
    const [asked, taken] = requests.slice(-2)
    expect(taken?.params?.requestId).toBe(asked?.id)
  })
})

describe('a question of the server', () => {
  const form = { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }

  /** Asks each of these in turn when the tool is called, and answers with what it was told. */
  function asking(...questions: object[]): Answer {
    const told: unknown[] = []
    let callId: number | undefined
    return (message, peer) => {
      if (message.method === 'tools/call') callId = message.id
      else if ('method' in message) return 'as usual'
      else told.push(message)
      const params = questions[told.length]
      if (params) send(peer, { id: `q${told.length}`, method: 'elicitation/create', params })
      else send(peer, { id: callId, result: { content: [text(JSON.stringify(told))] } })
      return 'nothing'
    }
  }

  const answersSchema = z.array(z.object({ result: z.object({ action: z.string() }).loose() }).loose())
  const answersOf = (said: string) => answersSchema.parse(JSON.parse(said)).map(({ result }) => result)

  it('is only invited when it will be answered', async () => {
    const seen: unknown[] = []
    const watch: Answer = ({ method, params }) => {
      if (method === 'initialize') seen.push(params?.capabilities)
      return 'as usual'
    }
    await connect(watch)
    await connect(watch, true)
    expect(seen).toEqual([
      expect.not.objectContaining({ elicitation: expect.anything() }),
      expect.objectContaining({ elicitation: { form: {}, url: {} } }),
    ])
  })

  it('goes to the call under way, whose silence does not count while it is thought over', async () => {
    const connection = await connect(asking(form), true)
    const heard: Question[] = []
    const result = await connection.callTool({
      ...call,
      silenceMs: 200,
      async elicit(question) {
        heard.push(question)
        await new Promise((resolve) => setTimeout(resolve, 600))
        return { action: 'accept', content: { name: 'Ann' } }
      },
    })
    expect(heard).toEqual([{ message: 'Who?', schema: form.requestedSchema }])
    expect(answersOf(result.text)).toEqual([{ action: 'accept', content: { name: 'Ann' } }])
  })

  it('is cancelled when there is no call, or nobody to ask', async () => {
    const idle: unknown[] = []
    const peer: Answer = (message, socket) => {
      if (message.method === 'notifications/initialized')
        send(socket, { id: 'q', method: 'elicitation/create', params: form })
      if (!('method' in message)) idle.push(message)
      return message.id === undefined ? 'nothing' : 'as usual'
    }
    await connect(peer, true)
    await expect.poll(() => idle).toMatchObject([{ id: 'q', result: { action: 'cancel' } }])
    const unheard = await (await connect(asking(form), true)).callTool(call)
    expect(answersOf(unheard.text)).toEqual([{ action: 'cancel' }])
  })

  it.each([
    ['a message of a megabyte', { ...form, message: 'x'.repeat(1_000_000) }],
    ['a page that runs a script', { mode: 'url', message: 'Go', elicitationId: '1', url: 'javascript:alert(1)' }],
    ['a page of a file', { mode: 'url', message: 'Go', elicitationId: '1', url: 'file:///etc/passwd' }],
  ])('is not passed on with %s', async (_, question) => {
    const connection = await connect(asking(question), true)
    const heard: Question[] = []
    const { text: said } = await connection.callTool({
      ...call,
      async elicit(asked) {
        heard.push(asked)
        return { action: 'decline' }
      },
    })
    expect(heard).toEqual([])
    expect(answersOf(said)).toEqual([{ action: 'cancel' }])
  })

  it('is the last one after so many', async () => {
    const connection = await connect(asking(...Array.from({ length: questionsPerCallMax + 2 }, () => form)), true)
    let asked = 0
    const { text: said } = await connection.callTool({
      ...call,
      async elicit() {
        asked += 1
        return { action: 'decline' }
      },
    })
    expect(asked).toBe(questionsPerCallMax)
    expect(
      answersOf(said)
        .map(({ action }) => action)
        .slice(-3),
    ).toEqual(['decline', 'cancel', 'cancel'])
  })
})

function text(value: string) {
  return { type: 'text', text: value }
}
