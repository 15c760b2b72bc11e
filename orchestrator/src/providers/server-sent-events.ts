import { ModelFailure, rootMessage } from './failure.js'

/** Told around each wait for bytes, so that a silent endpoint can be timed and a slow reader is not. */
export interface Watch {
  waiting(): void
  received(): void
}

/** No model writes this much; an endpoint that does is broken or hostile. */
const answerBytesMax = 64 * 1024 * 1024

/** The `data` of each event of a stream. Comments yield nothing but count as signs of life. */
export async function* serverSentData(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<string> {
  let data: string[] = []
  for await (const line of lines(body, watch)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    else if (line === '' && data.length > 0) {
      yield data.join('\n')
      data = []
    }
  }
  if (data.length > 0) yield data.join('\n')
}

async function* lines(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<string> {
  // Streaming keeps the first bytes of a character that a chunk has cut until the rest arrives.
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of chunks(body, watch)) {
    const [first = '', ...others] = decoder.decode(bytes, { stream: true }).split('\n')
    const whole = [rest + first, ...others]
    rest = whole.pop() ?? ''
    for (const line of whole) yield withoutReturn(line)
  }
  yield withoutReturn(rest + decoder.decode())
}

async function* chunks(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  try {
    while (true) {
      watch.waiting()
      const { done, value } = await reader.read().catch(brokenOff)
      watch.received()
      if (done) return
      bytes += value.byteLength
      if (bytes > answerBytesMax) throw tooLong()
      yield value
    }
  } finally {
    // Frees the connection when the reader stops early; a stream that already broke has nothing to free.
    await reader.cancel().catch(() => {})
  }
}

/** Whatever ends a body early: a reset connection, a broken chunk, a compressed stream without its end. */
function brokenOff(cause: unknown): never {
  const detail = cause instanceof Error ? rootMessage(cause) : String(cause)
  throw new ModelFailure(`The endpoint broke off its answer: ${detail}.`, {
    code: 'interrupted',
    retryable: true,
    cause,
  })
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function tooLong(): ModelFailure {
  return new ModelFailure(`The endpoint sent more than ${answerBytesMax} bytes in one answer.`, {
    code: 'bad_answer',
    retryable: false,
  })
}
