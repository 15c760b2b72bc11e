import { fsync, read, readFileSync, readSync, write, writeSync } from 'node:fs'

/**
 * So many bytes are read or written without leaving the thread: that takes less than a trip to another thread and back.
 * More would keep other calls waiting.
 */
const bytesAtOnceMax = 1 << 20

/** Settles when all that was written is on disk, whatever happens next. */
export function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error ? reject(error) : resolve()))
  })
}

/** A file of that size: fewer bytes where it has become shorter. What has no size, as in /proc, is read to its end. */
export async function readAll(descriptor: number, size: number): Promise<Buffer> {
  if (size === 0) return readFileSync(descriptor)
  const bytes = Buffer.allocUnsafe(size)
  const atOnce = size <= bytesAtOnceMax
  let done = 0
  while (done < size) {
    const count = await readSome(descriptor, { into: bytes.subarray(done), from: done, atOnce })
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

/**
 * Whether a file of their length holds these bytes, which is found out piece by piece: memory for all of a large file
 * takes longer to get than the file takes to read.
 */
export async function holds(descriptor: number, bytes: Uint8Array): Promise<boolean> {
  const atOnce = bytes.length <= bytesAtOnceMax
  // Nothing else happens while the one piece is used that all calls share.
  const piece = atOnce ? sharedPiece : Buffer.allocUnsafe(bytesAtOnceMax)
  for (let done = 0; done < bytes.length; ) {
    const reading = readSome(descriptor, { into: piece, from: done, atOnce })
    const count = typeof reading === 'number' ? reading : await reading
    const isSame = count > 0 && done + count <= bytes.length && piece.compare(bytes, done, done + count, 0, count) === 0
    if (!isSame) return false
    done += count
  }
  return true
}

const sharedPiece = Buffer.allocUnsafe(64 * 1024)

/** All of the bytes, over what stands there. */
export async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  let done = 0
  while (done < bytes.length) done += await writeSome(descriptor, bytes, done)
}

interface Reading {
  into: Uint8Array
  /** Offset in the file. */
  from: number
  atOnce: boolean
}

function readSome(descriptor: number, { into, from, atOnce }: Reading): number | Promise<number> {
  if (atOnce) return readSync(descriptor, into, 0, into.length, from)
  return new Promise((resolve, reject) => {
    read(descriptor, into, 0, into.length, from, (error, count) => (error ? reject(error) : resolve(count)))
  })
}

function writeSome(descriptor: number, bytes: Uint8Array, at: number): number | Promise<number> {
  const length = bytes.length - at
  if (length <= bytesAtOnceMax) return writeSync(descriptor, bytes, at, length, at)
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, at, length, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}
