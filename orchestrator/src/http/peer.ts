import type { ServerResponse } from 'node:http'

/** Written at once: a slow but living peer shows progress slice by slice, well within `stallMs`. */
const sliceBytes = 65_536

export interface PeerLimits {
  /** A comment this often keeps proxies from closing a quiet stream. */
  heartbeatMs: number
  /** A socket that takes nothing for this long is destroyed; its client may come back with Last-Event-ID. */
  stallMs: number
  /** How long a client is asked to wait before it comes back. */
  reconnectMs: number
}

/** The reader at the other end of an event stream, who may be slow, silent or gone. */
export interface Peer {
  /** Fires when the peer has left, or `leave` was called. */
  readonly gone: AbortSignal
  begin(): void
  /** Resolves when the peer has taken all frames, or is gone. Their bytes are not copied where they are many. */
  write(frames: Iterable<Buffer>): Promise<void>
  leave(): void
  /** Ends the response, also for a peer that does not take the rest of it. */
  end(): void
  /** Lets go of a response that was not begun. */
  dispose(): void
}

export interface PeerOptions {
  outgoing: ServerResponse
  limits: PeerLimits
  onStalled: () => void
}

export function createPeer({ outgoing, limits, onStalled }: PeerOptions): Peer {
  const { heartbeatMs, stallMs, reconnectMs } = limits
  const gone = new AbortController()
  let stall: NodeJS.Timeout | undefined
  let heartbeat: NodeJS.Timeout | undefined
  let wake = () => {}

  const onDrain = () => {
    clearTimeout(stall)
    stall = undefined
    wake()
  }
  const leave = () => {
    gone.abort()
    wake()
  }
  const onClose = () => {
    clearTimeout(stall)
    leave()
  }
  outgoing.on('drain', onDrain)
  outgoing.on('close', onClose)
  // A write that meets a connection just destroyed is an error event, and one that nobody hears ends the process.
  outgoing.on('error', onClose)
  if (outgoing.destroyed) leave()

  const destroyWhenStalled = () => {
    stall ??= setTimeout(() => {
      onStalled()
      outgoing.destroy()
    }, stallMs)
  }
  const send = (chunk: string | Buffer): boolean => {
    const taken = outgoing.write(chunk)
    if (!taken) destroyWhenStalled()
    return taken
  }

  return {
    gone: gone.signal,
    begin() {
      outgoing.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
      send(`retry: ${reconnectMs}\n\n`)
      heartbeat = setInterval(() => {
        if (!outgoing.writableNeedDrain) send(': heartbeat\n\n')
      }, heartbeatMs)
    },
    async write(frames) {
      for (const slice of slices(frames)) {
        if (gone.signal.aborted) return
        if (send(slice)) continue
        await new Promise<void>((resolve) => {
          wake = resolve
          if (gone.signal.aborted) resolve()
        })
      }
    },
    leave,
    end() {
      clearInterval(heartbeat)
      outgoing.off('drain', onDrain)
      if (outgoing.destroyed) return
      destroyWhenStalled()
      outgoing.once('finish', () => clearTimeout(stall))
      outgoing.end()
    },
    dispose() {
      outgoing.off('drain', onDrain)
      outgoing.off('close', onClose)
      outgoing.off('error', onClose)
    },
  }
}

/** Pieces of about `sliceBytes`: small frames are put together, large ones are parted without a copy. */
function* slices(frames: Iterable<Buffer>): Generator<Buffer> {
  let small: Buffer[] = []
  let bytes = 0
  for (const frame of frames) {
    if (bytes > 0 && bytes + frame.length > sliceBytes) {
      yield joined(small)
      small = []
      bytes = 0
    }
    if (frame.length < sliceBytes) {
      small.push(frame)
      bytes += frame.length
      continue
    }
    for (let from = 0; from < frame.length; from += sliceBytes) yield frame.subarray(from, from + sliceBytes)
  }
  if (bytes > 0) yield joined(small)
}

function joined(frames: readonly Buffer[]): Buffer {
  const [first] = frames
  return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames)
}
