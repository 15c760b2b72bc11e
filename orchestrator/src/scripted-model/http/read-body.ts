import type { IncomingMessage } from 'node:http'
import { describePosition, isTooDeep, JsonSyntaxError, jsonDepthMax, scanJson } from '../script/json-scan.js'
import { Refusal } from './refusal.js'

/** How many times the limit is swallowed so that a sender still reads its 413, before the connection is dropped. */
const drainFactor = 8

/** The request's JSON. Throws a Refusal for what is too big, not JSON or not UTF-8. */
export async function readJson(request: IncomingMessage, bodyBytesMax: number): Promise<unknown> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  const body = await readBytes(request, bodyBytesMax)
  if (encoding !== 'identity') {
    throw new Refusal({ status: 415, message: `Expected a plain body, found content-encoding ${encoding}.` })
  }
  const text = decode(body)
  if (isTooDeep(text)) {
    throw new Refusal({ status: 400, message: `Expected at most ${jsonDepthMax} levels of nesting, found more.` })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(text, error)
  }
}

async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece = Buffer.from(chunk)
    bytes += piece.length
    if (bytes <= bytesMax) chunks.push(piece)
    else chunks.length = 0
    if (bytes > bytesMax * drainFactor) request.destroy()
  }
  if (bytes > bytesMax) {
    throw new Refusal({
      status: 413,
      message: `Expected a body of at most ${bytesMax} bytes, found ${bytes}. Send a shorter history.`,
    })
  }
  return Buffer.concat(chunks)
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Refusal({ status: 400, message: 'Expected a body in UTF-8, found bytes that are not.' })
  }
}

function malformed(text: string, error: unknown): Refusal {
  try {
    scanJson(text)
  } catch (syntax) {
    if (!(syntax instanceof JsonSyntaxError)) throw syntax
    const position = describePosition(text, syntax.offset)
    return new Refusal({ status: 400, message: `The body is not JSON: ${position}: ${syntax.message}.` })
  }
  throw error
}
