/**
 * What goes over the one stream of bytes: frames of a kind (1 byte), the number of a tunnel (4 bytes, big endian) and a
 * value (4 bytes), which for `open`, `refuse` and `data` is the length of the bytes that follow, and for `window` how
 * many more bytes of data its sender will take.
 */
export const headBytes = 9

export const kinds = {
  /** By the side that asks for tunnels: UTF-8, where the tunnel shall lead. */
  open: 1,
  /** By the other side: from now on data may be sent. */
  accept: 2,
  /** By the other side: JSON, a status and a reason. */
  refuse: 3,
  data: 4,
  /** Of the data; the other direction goes on. */
  end: 5,
  /** Nothing more is sent or taken. Before `end`, the data is not whole. */
  reset: 6,
  window: 7,
} as const

export type Kind = (typeof kinds)[keyof typeof kinds]

const kib = 1024

/** At once. Whoever asks for more is refused. */
export const tunnelsMax = 256
/** What the other side may send on one tunnel before it is taken here; times `tunnelsMax`, memory. */
export const windowBytes = 256 * kib
export const dataBytesMax = 64 * kib
export const targetBytesMax = 512
export const refusalBytesMax = 2 * kib

/** The other side does what nobody does by the rules. The session ends with it. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export interface Frame {
  kind: Kind
  id: number
  value?: number
  payload?: Buffer
}

export function encode({ kind, id, value, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + (payload?.length ?? 0))
  bytes.writeUInt8(kind, 0)
  bytes.writeUInt32BE(id, 1)
  bytes.writeUInt32BE(value ?? payload?.length ?? 0, 5)
  payload?.copy(bytes, headBytes)
  return bytes
}

export interface ReaderOptions {
  /** A frame that is no data, whole. The payload is that of `open` and `refuse`. */
  onFrame(frame: { kind: Exclude<Kind, typeof kinds.data>; id: number; value: number; payload: Buffer }): void
  /** Data as it comes: a part of a frame or the whole. The bytes belong to a chunk that was read. */
  onData(id: number, bytes: Buffer): void
}

/** Answers what takes the bytes that were read, in parts of any size. It throws a `Violation`. */
export function createReader({ onFrame, onData }: ReaderOptions): (chunk: Buffer) => void {
  /** The beginning of a frame whose rest has not come; never of data's bytes. */
  let begun: Buffer = empty
  let dataId = 0
  let dataLeft = 0

  /** Reads one frame, of data only the head. Answers its length, and 0 when more bytes are needed. */
  const readFrame = (bytes: Buffer): number => {
    if (bytes.length < headBytes) return 0
    const kind = bytes.readUInt8(0)
    const id = bytes.readUInt32BE(1)
    const value = bytes.readUInt32BE(5)
    if (!isKind(kind)) throw new Violation(`There is no frame of the kind ${kind}.`)
    const payloadMax = payloadBytesMax[kind]
    if (payloadMax !== undefined && value > payloadMax) {
      throw new Violation(`A frame of the kind ${kind} has ${value} bytes, at most ${payloadMax} may be.`)
    }
    if (kind === kinds.data) {
      dataId = id
      dataLeft = value
      return headBytes
    }
    const length = headBytes + (payloadMax === undefined ? 0 : value)
    if (bytes.length < length) return 0
    onFrame({ kind, id, value, payload: bytes.subarray(headBytes, length) })
    return length
  }

  return (chunk) => {
    let bytes = begun.length > 0 ? Buffer.concat([begun, chunk]) : chunk
    begun = empty
    while (bytes.length > 0) {
      if (dataLeft > 0) {
        const part = bytes.subarray(0, dataLeft)
        dataLeft -= part.length
        bytes = bytes.subarray(part.length)
        onData(dataId, part)
      } else {
        const length = readFrame(bytes)
        // A copy: what is left is a small part of the chunk.
        if (length === 0) begun = Buffer.from(bytes)
        bytes = length === 0 ? empty : bytes.subarray(length)
      }
    }
  }
}

const empty = Buffer.alloc(0)

/** Of the kinds that have a payload. */
const payloadBytesMax: Partial<Record<Kind, number>> = {
  [kinds.open]: targetBytesMax,
  [kinds.refuse]: refusalBytesMax,
  [kinds.data]: dataBytesMax,
}

function isKind(kind: number): kind is Kind {
  return kind >= kinds.open && kind <= kinds.window
}
