import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { isContinuation } from '../answer/cut-bytes.js'
import type { Clock } from '../clock.js'
import type { Fault } from '../script/fault.js'

export interface SendOptions {
  readonly response: ServerResponse
  readonly frames: readonly string[]
  readonly streamed: boolean
  readonly fault: Fault | undefined
  readonly delayMs: number
  readonly clock: Clock
  /** Aborted when the client is gone or the server closes. */
  readonly signal: AbortSignal
}

/** Sends the body with its faults. Resolves to whether it left whole; rejects when the signal aborts. */
export async function sendBody({ response, frames, fault, signal, ...options }: SendOptions): Promise<boolean> {
  const type = options.streamed ? 'text/event-stream; charset=utf-8' : 'application/json'
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' })
  response.flushHeaders()
  await keepAlive({ response, fault, signal, ...options })
  const body = Buffer.from(frames.join(''))
  const limit = fault?.stallAtByte ?? fault?.cutAtByte ?? fault?.endAtByte ?? body.length
  for (const piece of toPieces({ body, frames, fault, limit })) {
    if (options.delayMs > 0) await options.clock.sleep(options.delayMs, signal)
    await write(response, piece, signal)
    if (fault?.chunkBytes !== undefined || fault?.splitCharacters) await setImmediate()
  }
  await finish(response, fault, signal)
  return limit >= body.length && fault?.cutAtByte === undefined
}

async function keepAlive({ response, fault, streamed, clock, signal }: Omit<SendOptions, 'frames'>): Promise<void> {
  const { keepAliveMs, keepAliveEveryMs = 0 } = fault ?? {}
  if (keepAliveMs === undefined) return
  for (let waitedMs = 0; waitedMs < keepAliveMs; waitedMs += keepAliveEveryMs) {
    await write(response, Buffer.from(streamed ? ': keep-alive\n\n' : '\n'), signal)
    await clock.sleep(Math.min(keepAliveEveryMs, keepAliveMs - waitedMs), signal)
  }
}

interface PieceOptions {
  body: Buffer
  frames: readonly string[]
  fault: Fault | undefined
  limit: number
}

function toPieces({ body, frames, fault, limit }: PieceOptions): Buffer[] {
  const sent = body.subarray(0, limit)
  const ends = new Set(pieceEnds({ body: sent, frames, fault }))
  const places = [...ends].filter((end) => end < sent.length)
  return [...places, sent.length]
    .map((end, index) => sent.subarray(places[index - 1] ?? 0, end))
    .filter((p) => p.length)
}

function pieceEnds({ body, frames, fault }: Omit<PieceOptions, 'limit'>): number[] {
  const { chunkBytes } = fault ?? {}
  if (chunkBytes !== undefined) {
    return Array.from({ length: Math.ceil(body.length / chunkBytes) }, (_, index) => (index + 1) * chunkBytes)
  }
  if (fault?.splitCharacters) {
    return Array.from(body.keys()).filter((at) => isContinuation(body[at]) && !isContinuation(body[at - 1]))
  }
  let end = 0
  return frames.map((frame) => {
    end += Buffer.byteLength(frame)
    return end
  })
}

async function write(response: ServerResponse, piece: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!response.write(piece)) await once(response, 'drain', { signal })
}

async function finish(response: ServerResponse, fault: Fault | undefined, signal: AbortSignal): Promise<void> {
  if (fault?.stallAtByte !== undefined && !signal.aborted) await once(signal, 'abort')
  signal.throwIfAborted()
  if (fault?.cutAtByte === undefined) {
    response.end()
    return
  }
  await flushed(response)
  response.socket?.destroy()
}

/** Resolves when everything written has been handed to the operating system, so a cut loses nothing before it. */
async function flushed({ socket }: ServerResponse): Promise<void> {
  if (socket === null) return
  await new Promise<void>((resolve) => {
    socket.write('', () => resolve())
  })
}
