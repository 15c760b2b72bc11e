import { get, type IncomingMessage } from 'node:http'

export interface Frame {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** A client of server-sent events that can be cut, stalled and counted; it does not come back by itself. */
export interface EventStream {
  readonly response: IncomingMessage
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>
  destroy(): void
}

export interface StreamRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Absent: nothing is read. */
  readonly onFrame?: (frame: Frame) => void
}

/** Resolves when the head of a 200 is there. A connection of its own for each. */
export function openStream({ url, headers, onFrame }: StreamRequest): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy()
        return reject(new Error(`Expected a stream from ${url}, got status ${response.statusCode}.`))
      }
      const closed = new Promise<void>((done) => response.once('close', () => done()))
      // A connection that is cut is what these clients are for.
      response.on('error', () => {})
      if (onFrame) readFrames(response, onFrame)
      resolve({ response, closed, destroy: () => void request.destroy() })
    })
    request.on('error', reject)
  })
}

function readFrames(response: IncomingMessage, onFrame: (frame: Frame) => void): void {
  let rest = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const frame = parseFrame(block)
      if (frame) onFrame(frame)
    }
  })
}

function parseFrame(block: string): Frame | undefined {
  let event = 'message'
  let id: string | undefined
  let data: string | undefined
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) data = line.slice(6)
    else if (line.startsWith('event: ')) event = line.slice(7)
    else if (line.startsWith('id: ')) id = line.slice(4)
  }
  return data === undefined ? undefined : { event, id, data }
}
