import { Duplex } from 'node:stream'
import { createBlocks } from './blocks.js'
import { dataBytesMax, type Frame, kinds, Violation, windowBytes } from './wire.js'

/** What a tunnel needs of the session that it is part of. */
export interface Line {
  send(frame: Frame): void
  /** The tunnel has data that may be sent; `sendSome` is called when there is room. */
  ready(tunnel: Tunnel): void
  gone(tunnel: Tunnel): void
}

/** How a tunnel ends whose other side broke, or whose session ended. */
export class TunnelBroken extends Error {
  override readonly name = 'TunnelBroken'
}

/** So much is sent when the other side has taken it. */
const creditBytes = windowBytes / 2
/** One chunk at a time: bytes are counted, and many small chunks take far more room than theirs. */
const oneChunk = 1

/**
 * One connection of a session: a stream of bytes in both directions, each of which ends by itself. Destroyed before that,
 * it breaks the other side too. It fails with `TunnelBroken`.
 */
export class Tunnel extends Duplex {
  readonly id: number
  readonly #line: Line
  readonly #received = createBlocks()
  #mayReceive = windowBytes
  #maySend = windowBytes
  #passedOn = 0
  #isWanted = false
  #endCame = false
  #endPassed = false
  #endSent = false
  /** The other side takes nothing more, and what it sent was whole. */
  #isCut = false
  #pending: { chunk: Buffer; done: () => void } | undefined

  constructor(id: number, line: Line) {
    // What waits to be read waits in blocks, which take little more room than its bytes.
    super({ readableHighWaterMark: oneChunk, writableHighWaterMark: oneChunk })
    this.id = id
    this.#line = line
    // It can break before somebody has it; `close` follows, and `errored` tells.
    this.on('error', () => {})
  }

  /** The other side's data. */
  takeData(bytes: Buffer): void {
    if (this.#endCame) throw new Violation('Data came after its end.')
    if (bytes.length > this.#mayReceive) throw new Violation('More data came than was allowed.')
    this.#mayReceive -= bytes.length
    this.#received.add(bytes)
    this.#passOn()
  }

  takeEnd(): void {
    if (this.#endCame) throw new Violation('Data ended twice.')
    this.#endCame = true
    this.#passOn()
  }

  takeReset(): void {
    if (!this.#endCame) {
      this.destroy(new TunnelBroken('The other side of the connection broke.'))
      return
    }
    this.#isCut = true
    const done = this.#pending?.done
    this.#pending = undefined
    done?.()
    if (this.readableEnded) this.destroy()
    else this.once('end', () => this.destroy())
  }

  takeWindow(bytes: number): void {
    if (this.#maySend + bytes > windowBytes) throw new Violation('More data is allowed than there may be.')
    this.#maySend += bytes
    if (this.#pending !== undefined) this.#line.ready(this)
  }

  /** Sends one frame of data. Answers whether more can follow at once. */
  sendSome(): boolean {
    if (this.#pending === undefined || this.#maySend === 0) return false
    const { chunk, done } = this.#pending
    const bytes = Math.min(chunk.length, this.#maySend, dataBytesMax)
    this.#line.send({ kind: kinds.data, id: this.id, payload: chunk.subarray(0, bytes) })
    this.#maySend -= bytes
    if (bytes < chunk.length) {
      this.#pending = { chunk: chunk.subarray(bytes), done }
      return this.#maySend > 0
    }
    this.#pending = undefined
    // The stream may write what follows from within this.
    done()
    return false
  }

  override _read(): void {
    this.#isWanted = true
    this.#passOn()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.#isCut || chunk.length === 0) {
      done()
      return
    }
    this.#pending = { chunk, done }
    this.#line.ready(this)
  }

  override _final(done: () => void): void {
    this.#endSent = true
    if (!this.#isCut) this.#line.send({ kind: kinds.end, id: this.id })
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const isOver = this.#endSent && this.#endCame
    if (!isOver && !this.#isCut && !(error instanceof TunnelBroken)) {
      this.#line.send({ kind: kinds.reset, id: this.id })
    }
    this.#pending = undefined
    this.#line.gone(this)
    done(error)
  }

  #passOn(): void {
    if (!this.#isWanted) return
    const bytes = this.#received.take()
    if (bytes !== undefined) {
      this.#isWanted = false
      this.push(bytes)
      this.#allow(bytes.length)
    } else if (this.#endCame && !this.#endPassed) {
      this.#endPassed = true
      this.push(null)
    }
  }

  #allow(bytes: number): void {
    this.#passedOn += bytes
    if (this.#passedOn < creditBytes || this.#endCame) return
    this.#mayReceive += this.#passedOn
    this.#line.send({ kind: kinds.window, id: this.id, value: this.#passedOn })
    this.#passedOn = 0
  }
}
